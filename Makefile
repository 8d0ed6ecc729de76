# make demo, make test: each makes the virtual environment if it is missing.
PYTHON ?= python3
VENV ?= .venv

.PHONY: demo test lint check

$(VENV)/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable ".[dev]"
	touch $@

demo: $(VENV)/installed
	$(VENV)/bin/langevin-sim run --dims 1..5 --potential twowell

test: $(VENV)/installed
	$(VENV)/bin/python -m pytest

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

check: lint test
