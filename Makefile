# make demo: install into .venv and run the main job on the built-in world.  make test: install and run the tests.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
RUN ?= runs/demo

.PHONY: demo test lint types install clean

$(VENV)/installed: setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

install: $(VENV)/installed

demo: install
	rm -rf $(RUN)
	$(BIN)/recenv evaluate --scenario mixed --agents random,popularity,bm25,greedy,gold,antigold --sessions 100 --seed 7 --out $(RUN)
	$(BIN)/recenv report $(RUN)

test: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist *.egg-info runs
