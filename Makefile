PYTHON ?= python3 python3.13 python3.12 python3.11 python3.10
VENV := .venv
BIN := $(VENV)/bin

export npm_config_cache ?= $(CURDIR)/.cache/npm
export npm_config_update_notifier := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)

READY := $(VENV)/.ready

.DEFAULT_GOAL := help

##@ Use it
.PHONY: demo
demo: setup ## run the main job on the shipped data and tell what happened
	@$(BIN)/zhifu demo

.PHONY: setup
setup: $(READY) ## install everything into .venv and node_modules

##@ Work on it
.PHONY: test
test: setup ## run every test
	@$(PYTEST) -p no:pytest-brownie $(filter-out tests/contracts,$(wildcard tests/*))
	@HOME=$(BROWNIE_HOME) $(PYTEST) tests/contracts --network anvil

.PHONY: artifacts
artifacts: setup ## compile the contracts into zhifu/abi
	@$(BIN)/python -m tools.artifacts

.PHONY: lock
lock: setup ## choose versions anew for requirements.lock and package-lock.json
	@$(BIN)/python -m tools.lock

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {print "\n" substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

$(VENV)/.created:
	@for name in $(PYTHON); do \
	  if "$$name" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$name" --version)"; \
	    "$$name" -m venv --clear $(VENV) && touch $@ && exit 0; \
	    exit 1; \
	  fi; \
	done; \
	echo "No Python 3.10 to 3.13 with the venv module is on PATH; install one or run: make PYTHON=/path/to/python3" >&2; exit 1

$(VENV)/.installed: requirements.lock | $(VENV)/.created
	@echo "Installing Python packages from requirements.lock"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.zhifu: pyproject.toml $(VENV)/.installed
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package-lock.json package.json $(VENV)/.installed
	@echo "Installing npm packages from package-lock.json"
	@npm ci --ignore-scripts --silent
	@touch $@

$(READY): $(VENV)/.zhifu node_modules/.installed tools/solc.py tools/solc.cjs tools/toolchain.py
	@$(BIN)/python -m tools.toolchain
	@touch $@
