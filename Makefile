# Everything a person types. Needs Python >= 3.11, make and git; the rest is set up into .venv.
PYTHON ?= python3
BIN := .venv/bin
UV := .venv/uv/bin/uv

# uv is pinned here and nowhere else; it reads uv.lock, in which everything else is pinned.
UV_VERSION := 0.13.9

# No make rule prints itself: what the program says is what people read.
.SILENT:
.PHONY: setup demo run terminal test check format bench fuzz crash soak docs written audit sbom image clean help

help:
	echo "make demo    a conversation in the terminal: sample papers, no network, no account"
	echo "make test    all tests"
	echo "make run     the bot as configured in the environment or .env"
	echo "make check   format, lint, strict types, import rules, tests: all that must be clean"
	echo "make setup   only set up .venv"
	echo "make docs    the documents as a site in site/, every link of them looked up"
	echo "make written what the program writes in the documents, written anew (pictures want a Chromium)"
	echo "make audit   known vulnerabilities of all that is locked (asks pypi.org; SERVICE=osv asks osv.dev)"
	echo "make sbom    a bill of materials: dist/paperboy.cdx.json"
	echo "make image   the container image, built and tried: not as root, read-only, SIGTERM (wants docker, podman or buildah)"
	echo "make bench   speed and memory, as ratios in one run"
	echo "make fuzz    mutated input at every door, for long: FUZZ=5000 examples of each search unless you say otherwise"
	echo "make crash   500 kill -9 of a working bot, and what they cost (8 minutes)"
	echo "make soak    20,000 slots on each platform while workers are killed and frozen and everything fails in turn (half an hour)"

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Paperboy needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 setup")'
	$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv --without-pip .venv
	test -x $(UV) || { $(PYTHON) -m venv .venv/uv && .venv/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	UV_PROJECT_ENVIRONMENT=.venv $(UV) sync --locked --quiet --inexact --all-extras --python $(BIN)/python
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

# BASE and UV name images other than the Dockerfile's, where there is no registry to pull those from.
image:
	BASE=$(BASE) UV=$(UV_IMAGE) tests/deploy/image.sh

bench: setup
	$(BIN)/python -m tests.benchmarks

# What is found is kept in .hypothesis and tried first the next time.
fuzz: setup
	PAPERBOY_EXAMPLES=$(or $(FUZZ),5000) $(BIN)/python -m pytest tests/safety -q -n auto --dist worksteal --timeout 0

crash: setup
	$(BIN)/python -m tests.crash --kills 500

soak: setup
	$(BIN)/python -m tests.soak $(if $(SEED),--seed $(SEED))

# Apart from .venv: what makes the site is no part of the program, nor of its tests.
.venv-docs/.ready: .venv/.ready uv.lock
	UV_PROJECT_ENVIRONMENT=.venv-docs $(UV) sync --locked --quiet --only-group docs --python $(BIN)/python
	touch $@

# The variable silences an advertisement of the theme's. Not --quiet: it would keep --strict from seeing warnings.
docs: .venv-docs/.ready
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	echo "site/index.html"

written: setup
	$(BIN)/python -m tests.documents

# Apart from .venv, too: an auditor is no part of what it audits.
.venv-audit/.ready: .venv/.ready uv.lock
	UV_PROJECT_ENVIRONMENT=.venv-audit $(UV) sync --locked --quiet --only-group audit --python $(BIN)/python
	touch $@

# --strict: a package that could not be looked up is no clean one.
audit: .venv-audit/.ready
	$(UV) export --locked --quiet --no-default-groups --all-extras --no-emit-project --output-file .venv-audit/locked.txt >/dev/null
	.venv-audit/bin/pip-audit --strict --progress-spinner off --disable-pip --require-hashes $(if $(SERVICE),--vulnerability-service $(SERVICE)) --requirement .venv-audit/locked.txt

# Of what a bot has, and nothing else: an environment of its own, from the lock.
sbom: .venv-audit/.ready
	mkdir -p dist
	UV_PROJECT_ENVIRONMENT=.venv-audit/runtime $(UV) sync --locked --quiet --no-default-groups --all-extras --no-editable --python $(BIN)/python
	.venv-audit/bin/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible --output-format JSON --output-file dist/paperboy.cdx.json .venv-audit/runtime/bin/python
	echo dist/paperboy.cdx.json

clean:
	rm -rf .venv .venv-audit dist .venv-docs site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*
