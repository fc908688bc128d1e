# `make` alone lists what can be made. Everything is installed below this folder, from lock files.
.DEFAULT_GOAL := help

PYTHON ?= python3 python3.13 python3.12 python3.11 python3.10
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := uv==0.13.9
SLITHER := slither-analyzer==0.11.6

SOLIDITY := 'contracts/**/*.sol'
SOLIDITY_TESTS := 'tests/forge/**/*.sol' 'tests/proofs/*.sol'
TESTS := $(wildcard tests/unit tests/integration tests/acceptance tests/differential)
CONTRACT_TESTS := tests/contracts
FORGE_TESTS := tests/forge/**

export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_cache ?= $(CURDIR)/.cache/npm
export MPLCONFIGDIR ?= $(CURDIR)/.cache/matplotlib
export npm_config_update_notifier := false
# npm then trusts the certificates that this machine trusts, as pip does.
export NODE_OPTIONS ?= --use-system-ca

##@ Use it
.PHONY: demo
demo: setup ## run the main job on the shipped data and tell what happened
	@$(BIN)/zhifu demo

.PHONY: setup
setup: $(READY) ## install everything into .venv and node_modules
	@:

##@ Change it
.PHONY: test
test: setup ## run every test (TESTS=... CONTRACT_TESTS=... FORGE_TESTS=... for some)
	@mkdir -p .cache/home; export HOME="$(CURDIR)/.cache/home"; failed=; \
	$(BIN)/forge test --match-path '$(FORGE_TESTS)' || failed="$$failed forge"; \
	$(BIN)/pytest $(CONTRACT_TESTS) --network anvil || failed="$$failed contracts"; \
	$(BIN)/pytest -p no:pytest-brownie -n auto --maxprocesses 8 --dist loadfile $(TESTS) || failed="$$failed python"; \
	test -z "$$failed" || { $(BIN)/pytest -p no:pytest-brownie --cache-show cache/lastfailed; echo "failed:$$failed"; exit 1; }

.PHONY: fuzz
fuzz: setup ## walk the contracts at random for long, checking the invariants and against the model
	@status=0; \
	$(BIN)/python -m tools.walks || status=1; \
	$(BIN)/python -m tests.differential --steps 1000000 --least 1000 || status=1; \
	exit $$status

.PHONY: faults
faults: setup ## let everything go wrong in full counts: crashes, repeats, forgeries, reorganisations (goes on where it was stopped)
	@$(BIN)/python -m tests.faults

.PHONY: fuzz-api
fuzz-api: setup ## ask the running service at random (CASES=100000 SEED=... DATABASE=sqlite|postgresql)
	@$(BIN)/python -m tests.fuzz_api --cases $(or $(CASES),100000) --database $(or $(DATABASE),sqlite) \
	  $(if $(SEED),--seed $(SEED))

.PHONY: fuzz-money
fuzz-money: setup ## look for drift in random tradings in currencies with 0, 2 and 3 decimals (EXAMPLES=1000000 SEED=...)
	@$(BIN)/python -m tests.drift $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(SEED),--seed $(SEED))

.PHONY: proofs
proofs: setup ## prove the arithmetic for every input (PLANTED=1: that each proof notices a planted bug)
	@$(BIN)/python -m tools.proofs $(if $(PLANTED),--planted)

.PHONY: coverage
coverage: setup ## tell which lines and branches of the contracts the tests of forge reach
	@$(BIN)/python -m tools.coverage

.PHONY: slither
slither: setup ## look for known kinds of mistakes in the contracts; every finding is explained
	@$(BIN)/python -m venv .cache/slither && .cache/slither/bin/pip install -qq $(SLITHER)
	@$(BIN)/python -m tools.slither

.PHONY: mutants
mutants: setup ## change the contracts in small ways and see that the tests notice (ARGS='--sample 400')
	@$(BIN)/python -m tools.mutants $(ARGS)

.PHONY: check
check: setup ## check format, lint and types, and that zhifu/abi and benchmarks/gas.json are what the contracts give
	@status=0; \
	$(BIN)/ruff format --check . || status=1; \
	$(BIN)/ruff check . || status=1; \
	$(BIN)/mypy || status=1; \
	node_modules/.bin/prettier --log-level warn --check $(SOLIDITY) $(SOLIDITY_TESTS) || status=1; \
	node_modules/.bin/solhint --disc --noPoster --max-warnings 0 $(SOLIDITY) || status=1; \
	$(BIN)/python -m tools.artifacts --check || status=1; \
	$(BIN)/python -m benchmarks.gas --check || status=1; \
	exit $$status

.PHONY: format
format: setup ## rewrite Python and Solidity in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@node_modules/.bin/prettier --log-level warn --write $(SOLIDITY) $(SOLIDITY_TESTS)

.PHONY: gas
gas: setup ## measure the gas of every kind of call, write benchmarks/gas.json, show it beside its targets
	@$(BIN)/python -m benchmarks.gas

.PHONY: gas-profile
gas-profile: setup ## show line by line where the gas of one row of benchmarks/gas.json goes (ROW='...')
	@$(BIN)/python -m benchmarks.profile_gas "$(ROW)"

.PHONY: bench-gas
bench-gas: setup ## measure gas beside the peers, from what they publish; write benchmarks/results/gas.json and gas.svg
	@$(BIN)/python -m benchmarks.compared_gas

.PHONY: bench-http
bench-http: setup ## measure how many orders a second the HTTP API records, with and without its database
	@$(BIN)/python -m benchmarks.http_orders

.PHONY: bench-settled
bench-settled: setup ## measure 50,000 orders from the request to the included transaction, beside a loop of Brownie
	@$(BIN)/python -m benchmarks.settled_orders

.PHONY: bench-netting bench-audit bench-report
bench-netting: setup ## measure what `zhifu netting` takes over 100,000 orders of the real demand
	@$(BIN)/python -m benchmarks.chain_readers netting
bench-audit: setup ## measure what `zhifu audit` takes over 100,000 orders of the real demand, and with an index beside
	@$(BIN)/python -m benchmarks.chain_readers audit audit-database
bench-report: setup ## measure what `zhifu report` takes over 100,000 orders of the real demand
	@$(BIN)/python -m benchmarks.chain_readers report

.PHONY: bench-reconcile
bench-reconcile: setup ## measure a reconciliation of 100,000 orders of the real demand, and of 1,000,000
	@$(BIN)/python -m benchmarks.reconciling

.PHONY: bench-index
bench-index: setup ## measure how fast the chain is indexed, 1,000,000 orders at most, and licences are looked up
	@$(BIN)/python -m benchmarks.indexing

.PHONY: artifacts
artifacts: setup ## compile the contracts into zhifu/abi
	@$(BIN)/python -m tools.artifacts

.PHONY: lock
lock: setup ## bring the lock files up to pyproject.toml and package.json (UPGRADE=1: to the newest versions)
	@$(BIN)/python -m venv .cache/uv && .cache/uv/bin/pip install -qq $(UV)
	@UV_CUSTOM_COMPILE_COMMAND='make lock' .cache/uv/bin/uv pip compile pyproject.toml --quiet \
	  --all-extras --universal --python-version 3.10 --generate-hashes --no-emit-index-url \
	  $(if $(UPGRADE),--upgrade) --output-file requirements.lock
	@UV_CUSTOM_COMPILE_COMMAND='make lock' .cache/uv/bin/uv pip compile tests/proofs/requirements.in --quiet \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  $(if $(UPGRADE),--upgrade) --output-file tests/proofs/requirements.lock
	@UV_CUSTOM_COMPILE_COMMAND='make lock' .cache/uv/bin/uv pip compile tests/fuzz_api/requirements.in --quiet \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  $(if $(UPGRADE),--upgrade) --output-file tests/fuzz_api/requirements.lock
	@$(BIN)/npm $(if $(UPGRADE),update,install) --package-lock-only --ignore-scripts --loglevel=error >/dev/null

.PHONY: clean
clean: ## remove everything that was installed or built
	rm -rf $(VENV) node_modules .cache build .hypothesis .mypy_cache .pytest_cache .ruff_cache

.PHONY: help
help:
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

$(VENV)/.created:
	@for name in $(PYTHON); do \
	  if "$$name" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$("$$name" --version)"; \
	    "$$name" -m venv --clear $(VENV) && touch $@; exit; \
	  fi; \
	done; \
	echo "No Python 3.10 to 3.13 with its venv module is on PATH; install one, or run: make PYTHON=/path/to/python3" >&2; \
	exit 1

$(VENV)/.installed: requirements.lock | $(VENV)/.created
	@echo "Installing Python packages from requirements.lock"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.zhifu: pyproject.toml $(VENV)/.installed
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
	@touch $@

node_modules/.installed: package-lock.json package.json .npmrc $(VENV)/.installed
	@echo "Installing npm packages from package-lock.json"
	@$(BIN)/npm ci --ignore-scripts --loglevel=error >/dev/null
	@touch $@

$(READY): $(VENV)/.zhifu node_modules/.installed tools/solc.py tools/solc.cjs tools/toolchain.py
	@$(BIN)/python -m tools.toolchain
	@touch $@
