# make demo, make test: each makes the virtual environment if it is missing.
# make docs: the guide and the reference as pages, into build/docs; a warning is an error.
# make coverage: which lines the tests run, minutes more than make test.
# TORCH=torch (or a build of it, such as TORCH=torch==2.13.0) installs PyTorch too, and the network tests run.
PYTHON ?= python3
VENV ?= .venv
TORCH ?=

.PHONY: demo test lint docs check coverage

$(VENV)/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --editable ".[dev$(if $(TORCH),$(COMMA)torch)]" $(TORCH)
	touch $@

demo: $(VENV)/installed
	$(VENV)/bin/langevin-sim run --dims 1..5 --potential twowell

test: $(VENV)/installed
	OMP_NUM_THREADS=1 $(VENV)/bin/python -m pytest --numprocesses=auto --dist=loadfile

lint: $(VENV)/installed
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

docs: $(VENV)/installed
	$(VENV)/bin/sphinx-build -q -W --keep-going docs build/docs

check: lint docs test

coverage: $(VENV)/installed
	PYTHON=$(VENV)/bin/python tests/coverage.sh

COMMA := ,
