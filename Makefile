# anzheng 安证. `make help` lists the targets; README.md says where to begin.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Compiled tests and modules are kept: without them every run translates a thousand files again.
unexport PYTHONDONTWRITEBYTECODE

OUT ?= var/demo
WORKERS ?= 2
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest -q -n $(WORKERS)
CODE := licence signer anchor wallet verifier anzheng tests tools
CHAIN := contracts/node_modules/.stamp
READERS := tests/interop/node/node_modules/.stamp
WEB := verifier/web/node_modules/.stamp
PAGES := verifier/web/dist/.stamp

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

##@ Use
.PHONY: demo
demo: .venv/.all $(CHAIN) ## the whole life of sample licences, into var/demo (OUT=dir: elsewhere; FAULTS=1: kills and lies)
	$(BIN)/anzheng demo $(if $(FAULTS),--faults) --out "$(OUT)"

##@ Test
.PHONY: check test test-slow
check: lint types unit ## lint, types, unit and compatibility tests (under a minute when warm)

test: check web-test $(CHAIN) $(READERS) $(PAGES) tools java analysers ## check, then properties, integration, interop (Java judges too), browser and end-to-end tests
	$(PYTEST) -m "not slow" tests/property tests/integration tests/interop tests/browser tests/e2e

test-slow: .venv/.dev $(CHAIN) $(READERS) $(PAGES) tools java analysers ## what takes minutes: the tests marked slow, and the properties with many more examples
	$(PYTEST) -m slow tests
	HYPOTHESIS_PROFILE=slow $(PYTEST) -m "not slow" tests/property

.PHONY: unit lint types web-test
unit: .venv/.dev ## unit and compatibility tests
	$(PYTEST) -p no:schemathesis -m "not slow" tests/unit tests/compat tests/test_*.py

lint: .venv/.dev ## ruff, its formatter and the import rules
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	@answer=$$($(BIN)/lint-imports --no-logo) || { echo "$$answer"; exit 1; }

types: .venv/.dev ## mypy --strict on code and tests
	$(BIN)/mypy

web-test: $(WEB) ## types and tests of the verifier's pages
	cd verifier/web && npm run --silent types && npm run --silent test

.PHONY: cover bench audit
cover: .venv/.dev ## branch coverage of unit, property and compatibility tests
	mkdir -p var
	$(PYTEST) -m "not slow" --cov --cov-report=term tests/unit tests/property tests/compat

bench: .venv/.dev $(CHAIN) ## measure, print and store var/bench/results.json
	$(BIN)/python -m tools.bench

audit: .venv/.dev $(CHAIN) ## known holes of what we install, and its list (CycloneDX) in var/audit
	$(BIN)/python -m tools.audit

##@ Change
.PHONY: fmt lock vectors abi pictures errors openapi web
fmt: .venv/.dev ## let ruff put the code in order
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

lock: ## make requirements/*.txt anew from pyproject.toml
	$(PYTHON) tools/lock.py

vectors: .venv/.dev ## make tests/compat/v1 anew (a change there is a change of format)
	$(BIN)/python -m tests.compat.generate

abi: .venv/.all $(CHAIN) ## compile the contract into contracts/artifacts, measure its gas
	$(BIN)/python contracts/compile.py
	$(BIN)/python contracts/gas.py

pictures: .venv/.dev ## draw docs/pictures and the picture of each template anew from the samples
	$(BIN)/python -m tools.pictures

errors: .venv/.all ## make docs/errors.md, docs/checks.md and the words of the pages anew from the code
	$(BIN)/python -m tools.error_codes
	$(BIN)/python -m tools.checks_page
	$(BIN)/python -m tools.web_words

openapi: .venv/.all ## make the descriptions of the public registry and the verifier's service anew from their routes
	$(BIN)/python -m tools.registry_description
	$(BIN)/python -m tools.verifier_description

web: $(PAGES) ## build the verifier's pages into verifier/web/dist

##@ Install
.PHONY: install tools java analysers clean
install: .venv/.dev $(CHAIN) $(READERS) $(PAGES) tools java analysers ## everything that the targets above need

tools: ## programs that judge a licence, Chromium too (as root; else says which)
	@$(PYTHON) tools/install.py system pdfsig qpdf openssl mutool exiftool chromium softhsm2-util pg_createcluster redis-server

java: ## a JDK and Maven for the Java judges (as root; else says which)
	@$(PYTHON) tools/install.py system javac mvn

analysers: .analysers/.stamp ## slither and halmos for the contract, in an environment of their own

clean: ## remove what was made, except the environments and node_modules
	rm -rf var .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache contracts/out contracts/cache
	rm -rf verifier/web/dist
	rm -rf tests/interop/referees/*/target
	find $(CODE) -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.all: requirements/all.txt requirements/tools.txt pyproject.toml
	$(PYTHON) tools/install.py venv all
	touch $@

.analysers/.stamp: requirements/analysers.txt
	$(PYTHON) tools/install.py analysers
	touch $@

.venv/.dev: requirements/dev.txt requirements/tools.txt pyproject.toml
	$(PYTHON) tools/install.py venv dev
	touch .venv/.all $@

$(CHAIN) $(READERS) $(WEB): %/node_modules/.stamp: %/package-lock.json
	$(PYTHON) tools/install.py node $*
	touch $@

$(PAGES): $(WEB) $(shell find verifier/web/src verifier/web/build verifier/web/offline verifier/web/public verifier/web/*.ts verifier/web/*.json verifier/service/templates/*.json -type f 2>/dev/null)
	cd verifier/web && npm run --silent build
	touch $@
