PYTHON ?= python3 python3.13 python3.12 python3.11 python3.10
VENV := .venv
BIN := $(VENV)/bin

export npm_config_cache ?= $(CURDIR)/.cache/npm
export npm_config_update_notifier := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PATH := $(CURDIR)/$(BIN):$(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: setup
setup: $(VENV)/.zhifu node_modules/.installed

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
