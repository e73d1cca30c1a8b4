# Everything starts from a bare Python 3.11+ and make; all that is installed goes into .venv.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO := demo.npz

.PHONY: demo setup test check lint types bench torture corpora clean

setup: .venv/installed

# The program alone: three packages.
.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install --editable .
	@touch $@

# And what developers need. Dependency groups want a recent pip.
.venv/developing: .venv/installed
	$(PIP) install --upgrade pip
	$(PIP) install --group dev
	@touch $@

demo: .venv/installed
	@echo "== charrnn train corpora/lighthouse.txt --time 1m"
	$(BIN)/charrnn train corpora/lighthouse.txt --time 1m --out $(DEMO) --force
	@echo
	@echo "== charrnn sample $(DEMO) --temp 0.8"
	$(BIN)/charrnn sample $(DEMO) --temp 0.8
	@echo
	@echo "== charrnn inspect $(DEMO)"
	$(BIN)/charrnn inspect $(DEMO)

test: .venv/developing
	$(BIN)/python -m pytest

check: lint types test

lint: .venv/developing
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/developing
	$(BIN)/mypy

clean:
	rm -rf .venv $(DEMO) .pytest_cache .hypothesis .mypy_cache .ruff_cache
