"""The job-match chain and all it needs; imports nothing from `app` and never streamlit."""
