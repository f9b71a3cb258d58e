# Everything a person types. Needs Python >= 3.11, make and git; the rest is set up into .venv.
PYTHON ?= python3
BIN := .venv/bin
UV := .venv/uv/bin/uv

# uv is pinned here and nowhere else; it reads uv.lock, in which everything else is pinned.
UV_VERSION := 0.13.9

# No make rule prints itself: what the program says is what people read.
.SILENT:
.PHONY: setup demo run terminal test check format bench crash soak clean help

help:
	echo "make demo    a conversation in the terminal: sample papers, no network, no account"
	echo "make test    all tests"
	echo "make run     the bot as configured in the environment or .env"
	echo "make check   format, lint, strict types, import rules, tests: all that must be clean"
	echo "make setup   only set up .venv"
	echo "make bench   speed and memory, as ratios in one run"
	echo "make crash   500 kill -9 of a working bot, and what they cost (8 minutes)"
	echo "make soak    20,000 slots on each platform while workers are killed and frozen and everything fails in turn (half an hour)"

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Paperboy needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 setup")'
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	test -x $(UV) || { $(PYTHON) -m venv .venv/uv && .venv/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --locked --quiet --inexact --python $(BIN)/python
	touch $@

demo: setup
	$(BIN)/python -m bot demo

terminal: setup
	$(BIN)/python -m bot terminal

# 2 says that there is nothing to run yet, and the program has said what to do.
run: setup
	$(BIN)/python -m bot || test $$? -eq 2

test: setup
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term:skip-covered -q

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

bench: setup
	$(BIN)/python -m tests.benchmarks

crash: setup
	$(BIN)/python -m tests.crash --kills 500

soak: setup
	$(BIN)/python -m tests.soak $(if $(SEED),--seed $(SEED))

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
