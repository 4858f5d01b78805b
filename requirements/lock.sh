#!/bin/sh
# Rewrites the lock files (needs uv). The lock format records hashes and no download addresses.
set -eu
cd "$(dirname "$0")/.."
lock() { uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header --python-version 3.11 "$@"; }
lock pyproject.toml requirements/build.in --output-file requirements/app.txt
lock pyproject.toml requirements/build.in --group dev --extra evaluation --constraints requirements/app.txt --output-file requirements/dev.txt
lock pyproject.toml requirements/build.in --extra easyocr --constraints requirements/app.txt --output-file requirements/easyocr.txt
