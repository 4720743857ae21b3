# Everything sets itself up from nothing: it needs Python 3.11 or later and a package registry, nothing else.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PARALLEL ?= auto

help: ## Show what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Try it: check a claim file against the portals' doubles, then serve until Ctrl-C
	@$(BIN)/gate demo

test: $(VENV)/.installed-test ## Run all tests; real Redis and PostgreSQL come as packages
	@# Tests start processes by the hundred: what was compiled once is kept, whatever the surroundings prefer.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(PARALLEL) --dist loadfile --no-loadscope-reorder --max-worker-restart=0

check: $(VENV)/.installed-test ## Lint, types, import contracts, generated code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python protos/generate.py --check

format: $(VENV)/.installed-test ## Put code into shape
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

protos: $(VENV)/.installed-test ## Generate gate/v1 from protos/
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python protos/generate.py

mutants: $(VENV)/.installed-test ## Change the decision rules in every way known, and see that a test notices
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,mutation]'
	@$(BIN)/mutmut run
	@$(BIN)/mutmut results

bench: $(VENV)/.installed-bench ## Measure it against bare counterparts; BENCH="P1 P2 --quick" says what
	@$(BIN)/gate bench $(BENCH)

audit: $(VENV)/.installed-test ## Look the dependencies up for known vulnerabilities
	@$(BIN)/python .ci/audit.py $(BIN)/pip-audit --skip-editable --timeout 15

clean: ## Remove what was made here
	rm -rf $(VENV) .gate build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one: make PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-test: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing into $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/.installed

.PHONY: help run test check format protos mutants bench audit clean
