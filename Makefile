# Everything runs in .venv; nothing is installed outside it.
PYTHON ?= python3
BIN := .venv/bin
# One more than CPUs: tests wait for a quarter of the time.
WORKERS ?= 3
# Bytecode is kept: without, every process of the suite compiles all tests anew.
export PYTHONDONTWRITEBYTECODE =
PYTEST := $(BIN)/python -m pytest
SIDE_BY_SIDE := OMP_NUM_THREADS=1 $(PYTEST) --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: app test test-quick test-slow test-all durations wording check bench notebook clean

app: .venv/installed  ## open the dashboard
	$(BIN)/streamlit run app.py

test: .venv/installed-dev check  ## lint, types, and all tests but the slow ones
	$(SIDE_BY_SIDE) -m "not slow and not alone"
	$(PYTEST) tests/honesty -m "alone and not slow"

test-quick: .venv/installed-dev  ## without a browser, real workers and trainings
	$(SIDE_BY_SIDE) -m "not slow and not alone and not browser and not real"

test-slow: .venv/installed-dev  ## the tests that `test` leaves out
	$(SIDE_BY_SIDE) -m "slow and not alone"
	$(PYTEST) tests/honesty -m "slow and alone"

test-all: test test-slow  ## everything

durations: .venv/installed-dev  ## where the time of `test` goes: the slowest tests, and files
	$(SIDE_BY_SIDE) -m "not slow and not alone" --durations 40 --durations-of-files

wording: .venv/installed-dev  ## write tests/wording.txt anew after a change of words
	$(PYTEST) --write-wording

check: .venv/installed-dev  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers 2

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
