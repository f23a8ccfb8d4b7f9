# Everything runs in .venv; nothing is installed outside it.
PYTHON ?= python3
BIN := .venv/bin
TWO := --numprocesses 2 --dist loadfile

.PHONY: app test test-quick check bench notebook clean

app: .venv/installed  ## open the dashboard
	$(BIN)/streamlit run app.py

test: .venv/installed-dev check  ## lint, types, all tests
	$(BIN)/python -m pytest $(TWO) -m "not browser and not alone"
	$(BIN)/python -m pytest -m "browser or alone"

test-quick: .venv/installed-dev  ## without browser and slow tests
	$(BIN)/python -m pytest $(TWO) -m "not slow and not browser and not alone"

check: .venv/installed-dev  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/installed-dev  ## measure what this project claims about itself
	$(BIN)/python -m tests.bench

notebook: .venv/installed-notebook  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab notebooks

clean:
	rm -rf .venv build *.egg-info

.venv/bin/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed; set PYTHON=')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/installed: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/installed-notebook: .venv/installed
	$(BIN)/python -m pip install --quiet --editable ".[notebook]"
	touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@
