# Everything starts from a bare Python 3.11+ and make; all that is installed goes into .venv, or into
# .venv-3.13 and the like where a Python is named: make test PYTHON=python3.13

PYTHON ?= python3
NAMED := $(filter-out file,$(origin PYTHON))
VENV := .venv$(if $(NAMED),-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO := demo.npz

.PHONY: demo setup test test-mkl check lint types bench torture corpora remembering sequences sharing reference clean

setup: $(VENV)/installed

# The program alone, with the three packages that it needs and what they bring.
$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --editable .
	@touch $@

# And what developers need. Dependency groups want a recent pip.
$(VENV)/developing: $(VENV)/installed
	$(PIP) install --upgrade pip
	$(PIP) install --group dev
	@touch $@

demo: $(VENV)/installed
	@echo "== charrnn train corpora/lighthouse.txt --time 1m"
	$(BIN)/charrnn train corpora/lighthouse.txt --time 1m --out $(DEMO) --force
	@echo
	@echo "== charrnn sample $(DEMO) --temp 0.8"
	$(BIN)/charrnn sample $(DEMO) --temp 0.8
	@echo
	@echo "== charrnn inspect $(DEMO)"
	$(BIN)/charrnn inspect $(DEMO)
	@echo
	@echo "The program is in $(BIN). To go on:  . $(BIN)/activate;  charrnn sample $(DEMO) -i"

# A process for each core, which takes one file of tests after the other.
test: $(VENV)/developing
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

# The tests of what the extra `mkl` touches, in an environment that has it (a gigabyte).
MKL_TESTS := mkl layer golden gradient gradients feedforward plain training resume new_cell
test-mkl: .venv-mkl/extra
	.venv-mkl/bin/python -m pytest --numprocesses auto --dist loadfile $(MKL_TESTS:%=tests/test_%.py)

.venv-mkl/extra: pyproject.toml
	$(MAKE) VENV=.venv-mkl .venv-mkl/developing
	.venv-mkl/bin/python -m pip --quiet install --editable '.[mkl]'
	@touch $@

check: lint types test

lint: $(VENV)/developing
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/developing
	$(BIN)/mypy

# The long forms of the tests of reliability; docs/promises.md has the figures.
torture: $(VENV)/developing
	$(BIN)/python -m pytest tests/torture

# The texts with an exact entropy: hello, recall, tides. hello.txt is in the repository; the others are made.
corpora: $(VENV)/installed
	$(BIN)/python corpora/synthesise.py corpora

# How a training step's cost grows; then charrnn and PyTorch in turn. PyTorch lives in an environment
# of its own and is no dependency.
bench: $(VENV)/installed .venv-bench/installed
	$(BIN)/python tests/benchmarks/scaling.py
	$(BIN)/python tests/benchmarks/side_by_side.py --torch-python .venv-bench/bin/python

.venv-bench/installed:
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip --quiet install torch==2.13.0 numpy
	@touch $@

# docs/reference.md, from the program itself.
reference: $(VENV)/developing
	$(BIN)/python tests/reference.py

# The figures and pictures of docs/remembering.md; about a quarter of an hour.
remembering: $(VENV)/installed
	$(BIN)/python tests/benchmarks/remembering.py remembering

# The tables of docs/sharing.md; about five minutes on one core.
sharing: $(VENV)/installed
	$(BIN)/python tests/benchmarks/sharing.py sharing

# The figures and pictures of docs/sequences.md; about seven minutes.
sequences: $(VENV)/installed
	$(BIN)/python tests/benchmarks/sequences.py

clean:
	rm -rf .venv .venv-* $(DEMO) .pytest_cache .hypothesis .mypy_cache .ruff_cache
