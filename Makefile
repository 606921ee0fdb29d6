# Everything runs from .venv, which `setup` makes from the locked dependencies and keeps fresh.

BIN := .venv/bin
STAMP := .venv/.set-up
NODE := node_modules/.bin
NODE_STAMP := node_modules/.set-up
TEMPLATES := $(wildcard src/punchcard/*/templates)

# What a run leaves to the other database or to another day is drawn by the day. Who asks for a
# folder has the whole of it.
DRAW := $(if $(T),,$(shell date -u +%F))
SEED := $(shell date -u +%s)

# Images of containers often set it: then every command that a test starts would compile the source.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup setup-browser setup-node run test test-all fuzz coverage screenshots lint \
	lint-types lint-others format faults ha-test migration-check migration bench replay lock client vendor wheel \
	install-test chroot-test manifest-check sbom audit setup-proxies setup-prometheus setup-php clean

help: ## Say what each target does
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv with the locked dependencies and this package

run: setup ## Start the demo on http://127.0.0.1:8000: three shops with 90 days of history
	@$(BIN)/punchcard demo

setup-browser: setup ## Find Chromium for the tests, or install Debian's
	@$(BIN)/python -m tools.browser

setup-proxies: setup ## Find nginx and Caddy for the tests, or install Debian's
	@$(BIN)/python -m tools.proxies

setup-prometheus: setup ## Find promtool for the tests, or install Debian's Prometheus
	@$(BIN)/python -m tools.prometheus

setup-php: setup ## Find PHP for the tests, or install Debian's
	@$(BIN)/python -m tools.php

setup-node: $(NODE_STAMP) ## Install the linters of scripts and styles, by npm

# One more than cores: a third of the time a case waits for its browser, a server or the disk.
WORKERS := $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --durations 10

test: setup-browser setup-proxies setup-prometheus setup-php ## Run the tests that are the day's turn (T=tests/db for a folder, whole)
	@PUNCHCARD_TEST_DRAW="$(DRAW)" $(PYTEST) $(T)

test-all: setup-browser setup-proxies setup-prometheus setup-php ## Run every test on both databases, every screen at every width
	@$(PYTEST) $(T)

# ONLY names files below: `schemathesis` sends requests by the OpenAPI document, the others are parsers.
MINUTES := 1
FUZZED = $(foreach name,$(ONLY),$(firstword \
	$(wildcard tests/fuzz/test_$(name).py tests/contract/test_$(name).py) no-target-called-$(name)))

fuzz: setup ## Send what is made up anew to every parser and route (MINUTES=60 each, ONLY=heads, SEED=...)
	@PUNCHCARD_TEST_FUZZ_SEED="$(SEED)" PUNCHCARD_TEST_FUZZ_MINUTES="$(MINUTES)" $(PYTEST) \
		$(or $(FUZZED),tests/contract/test_schemathesis.py tests/fuzz)

coverage: setup-browser setup-proxies setup-prometheus setup-php ## Run the tests; fail below 95 % of lines and branches, or 100 % of the rules'
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest --numprocesses $(WORKERS) $(T)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered --show-missing --fail-under 95; all=$$?; \
	$(BIN)/coverage report --include 'src/punchcard/loyalty/rules/*' \
		--skip-covered --show-missing --fail-under 100 && exit $$all

lint: setup setup-node ## Check style, types, imports, spelling, migrations, catalogues
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target lint-types lint-others

# Takes as long as all others together, with nothing kept from a run before.
lint-types:
	@$(BIN)/mypy

lint-others: migration-check
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/lint-imports
	@$(BIN)/codespell
	@$(BIN)/python -m tools.check_catalogues
	@$(BIN)/djlint --quiet --check --lint $(TEMPLATES)
	@$(NODE)/biome check --error-on-warnings
	@$(NODE)/tsc --project tsconfig.json
	@$(NODE)/tsc --project tsconfig.worker.json

format: setup setup-node ## Lay out the code and apply safe fixes
	@$(BIN)/ruff check --fix --quiet
	@$(BIN)/ruff format
	@$(BIN)/djlint --quiet --warn --reformat $(TEMPLATES)
	@$(NODE)/biome check --write

faults: setup ## Break what is around the server, then soak both databases with faults (MINUTES=30 each, SEED=...)
	@$(PYTEST) tests/faults
	@$(BIN)/python -m tools.faults --minutes "$(MINUTES)" --seed "$(SEED)"

ROUNDS := 1

ha-test: setup ## Kill, cut off, freeze and fill the primary of a cluster of three, and judge (root; ROUNDS=5)
	@$(BIN)/python -m tools.ha --rounds $(ROUNDS)

migration-check: setup ## Compare models and migrations on both databases
	@$(BIN)/python -m tools.migrations check

migration: setup ## Draft the next migration from the models (NAME="add tiers")
	@$(BIN)/python -m tools.migrations draft "$(NAME)"

bench: setup ## Print every figure of docs/benchmarks.md, measured now (ONLY="stamps pins" for some)
	@$(BIN)/python -m bench $(addprefix --only ,$(ONLY))

replay: setup ## Replay 69,659 real purchases on both databases, with growth too, and compare every sum
	@$(BIN)/python -m bench.replay
	@$(BIN)/python -m bench.growth

screenshots: setup-browser ## Draw every screen into build/screenshots (ONLY="sign-in join" for some)
	@$(BIN)/python -m tools.screenshots $(ONLY)

LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --upgrade --quiet

lock: setup ## Take the newest versions that pyproject.toml allows into the lock files
	@$(LOCK) --output-file requirements.txt
	@$(LOCK) --extra mcp --output-file requirements-mcp.txt
	@$(LOCK) --extra s3 --output-file requirements-s3.txt
	@$(LOCK) --extra otel --output-file requirements-otel.txt
	@$(LOCK) --extra dev --extra mcp --extra otel --extra s3 --output-file requirements-dev.txt

client: setup ## Write the Python client's models from the OpenAPI document, and the file of the JavaScript client
	@$(BIN)/python -m tools.clients

vendor: setup-node ## Fetch the browser files of every vendor.toml again, by npm
	@$(BIN)/python -m tools.vendor

wheel: setup ## Build the wheel into dist/
	@$(BIN)/python -m tools.wheel

install-test: setup ## Install the wheel as users do (uvx, pip), with what it needs from the package index
	@$(BIN)/python -m tools.install_check

chroot-test: setup ## Do what the Containerfile says in a bare Debian in a folder (root, debootstrap)
	@$(BIN)/python -m tools.chroot_check

COMPOSE_CHECK := check-jsonschema@0.39.0
KUBERNETES_CHECK := kubernetes-validate@1.37.0

manifest-check: setup ## Hold the compose file and the manifests of Kubernetes against their schemas
	@$(BIN)/uv tool run $(COMPOSE_CHECK) --builtin-schema vendor.compose-spec deploy/container/compose.yaml
	@$(BIN)/uv tool run $(KUBERNETES_CHECK) --strict deploy/kubernetes/*.yaml

sbom: setup ## Write build/punchcard.cdx.json: everything the program is made of, as CycloneDX
	@$(BIN)/python -m tools.sbom

AUDIT := pip-audit@2.10.1

audit: setup ## Ask the advisory databases about everything that is locked, that of assistants too
	@$(BIN)/uv tool run $(AUDIT) --requirement requirements-mcp.txt \
		--requirement requirements-otel.txt --requirement requirements-s3.txt --disable-pip --require-hashes --strict

clean: ## Remove .venv, caches and builds; data stays
	@rm -rf .venv node_modules build dist .coverage* .*_cache .hypothesis src/*.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): requirements-dev.txt pyproject.toml tools/make_venv.sh tools/install_locked.py
	@sh tools/make_venv.sh
	@touch $@

$(NODE_STAMP): package-lock.json package.json | setup
	@$(BIN)/python -m tools.node_tools
	@touch $@
