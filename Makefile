# Everything happens in .venv, installed from a lock with hashes. Windows: the README has the same lines for PowerShell.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: app test check

app: .venv/app.stamp
	$(BIN)/streamlit run app/Home.py

test: .venv/dev.stamp
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

.venv/%.stamp: requirements/%.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement $<
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
