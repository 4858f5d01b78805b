"""The terminal commands: files in, report, JSON or CSV out."""
