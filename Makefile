# What people run, and CI with them. `make` or `make help` lists the targets.

PYTHON ?= python3
VENV ?= .venv
UNIT_VENV ?= .venv-unit
GATEWAY_VENV ?= .venv-gateway
MINISTACK_VENV = $(GATEWAY_VENV)-ministack
LIBRARIES_VENV = $(GATEWAY_VENV)-libraries
TYPESCRIPT = clients/typescript

# LocalStack 2026.3.0 needs Python 3.13, older ones get 4.8.1: see pyproject.toml.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RELEASE := $(shell $(PYTHON) -c 'import sys; print("2026.3.0" if sys.version_info >= (3, 13) else "4.8.1")' 2>/dev/null)
CONSTRAINTS = constraints/localstack-$(RELEASE).txt
TEST_PYTHONS ?= 3.13 3.11
SECONDS ?= 60
# "no" leaves out the tests of both hosts where the gateway is tested: one Python is enough for them.
BOTH_HOSTS ?= yes

.DEFAULT_GOAL := help
.PHONY: help start gateway test test-unit test-localstack test-gateway test-load test-all lint docs sdks generate format bench soak build constraints clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | awk -F': ' '{printf "%-16s %s\n", $$1, $$2}'

start: $(VENV)/.runtime-$(VERSION) ## run a real LocalStack with the extension in it
	@$(VENV)/bin/python -m localstack_outages localstack

gateway: $(GATEWAY_VENV)/.ready-$(VERSION) ## run the gateway, with moto behind it
	@$(GATEWAY_VENV)/bin/python -m localstack_outages gateway

test: test-unit test-gateway test-localstack ## run all tests

test-unit: $(UNIT_VENV)/.test-$(VERSION) ## run the tests that need no LocalStack
	@scripts/run-tests $(UNIT_VENV)/bin/python $(VERSION)-unit tests/unit $(ARGS) $(UNIT_ARGS)

test-localstack: $(VENV)/.dev-$(VERSION) ## run the tests against a real LocalStack
	@scripts/run-tests $(VENV)/bin/python $(VERSION)-localstack tests --ignore=tests/unit --ignore=tests/gateway $(ARGS)

# What runs before moto as it does against LocalStack, and of that before roto what an upstream can make a
# difference to. The other files run so too: pytest tests/integration --host gateway.
BEFORE_ROTO = test_rules_live.py test_faults.py test_protocols.py
BEFORE_MOTO = $(BEFORE_ROTO) test_retries.py test_client.py test_cli.py test_observation.py
RUN = scripts/run-tests $(GATEWAY_VENV)/bin/python $(VERSION)-gateway
test-gateway: $(GATEWAY_VENV)/.ready-$(VERSION) $(if $(filter no,$(BOTH_HOSTS)),,$(MINISTACK_VENV)/.ready $(LIBRARIES_VENV)/.ready $(TYPESCRIPT)/node_modules/.ready) ## run the tests of the gateway, and those of both hosts with it, without LocalStack
	@PATH="$$PATH:$(CURDIR)/$(MINISTACK_VENV)/bin" $(RUN)-own tests/gateway tests/plugin/test_hosts.py --ignore=tests/gateway/test_sdk_matrix.py $(if $(filter no,$(BOTH_HOSTS)),--ignore=tests/gateway/test_typescript.py)
ifneq ($(BOTH_HOSTS),no)
	@$(RUN)-moto $(addprefix tests/integration/,$(BEFORE_MOTO)) --host gateway -n 2 --dist loadfile
	@$(RUN)-console tests/console --host gateway
	@LIBRARIES_PYTHON=$(CURDIR)/$(LIBRARIES_VENV)/bin/python $(RUN)-sdks tests/gateway/test_sdk_matrix.py
	@LIBRARIES_PYTHON=$(CURDIR)/$(LIBRARIES_VENV)/bin/python $(RUN)-libraries tests/integration/test_libraries.py --host gateway -n 4
	@$(RUN)-plugin tests/plugin/test_accounts.py tests/plugin/test_coverage.py tests/plugin/test_outages.py --host gateway # they look at all that is in it: one process
	@$(RUN)-roto $(addprefix tests/integration/,$(BEFORE_ROTO)) --host gateway --upstream roto
endif

test-load: $(VENV)/.dev-$(VERSION) ## hold the assertions to eight busy workers of pytest-xdist, and reports to retries without limit, for minutes
	$(VENV)/bin/python -m pytest tests/plugin/test_load.py tests/integration/test_metastability.py

test-all: ## run all tests under each of TEST_PYTHONS that is here
	@scripts/test-all $(TEST_PYTHONS)

lint: $(VENV)/.dev-$(VERSION) ## check style, types, layers and what 'make docs' and 'make generate' write
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python scripts/generate.py --check
	$(VENV)/bin/python scripts/cli_reference.py --check
	$(VENV)/bin/python scripts/architecture.py --check
	@scripts/check-console

docs: $(VENV)/.dev-$(VERSION) ## write the command line's reference and the picture of the rooms anew
	$(VENV)/bin/python scripts/cli_reference.py
	$(VENV)/bin/python scripts/architecture.py

sdks: $(GATEWAY_VENV)/.ready-$(VERSION) $(LIBRARIES_VENV)/.ready ## measure what AWS's SDKs make of faults, and write it into docs/sdks.md
	LIBRARIES_PYTHON=$(CURDIR)/$(LIBRARIES_VENV)/bin/python $(GATEWAY_VENV)/bin/python -m tests.gateway.sdks

generate: $(VENV)/.dev-$(VERSION) $(TYPESCRIPT)/node_modules/.ready ## write anew what follows from the schema: fields, options, form, types
	$(VENV)/bin/python scripts/generate.py
	@[ ! -e $(TYPESCRIPT)/node_modules/.ready ] || npm run --silent --prefix $(TYPESCRIPT) generate

format: $(VENV)/.dev-$(VERSION) ## format the code
	$(VENV)/bin/ruff format
	$(VENV)/bin/ruff check --fix

bench: $(VENV)/.dev-$(VERSION) $(GATEWAY_VENV)/.ready-$(VERSION) .venv-bare/.ready-$(VERSION) .venv-peers/.ready ## measure what it costs, into benchmarks/results.md; ONLY=decision for one part
	GATEWAY_VENV=$(GATEWAY_VENV) $(VENV)/bin/python -m benchmarks $(foreach part,$(ONLY),--only $(part))

soak: $(VENV)/.dev-$(VERSION) $(GATEWAY_VENV)/.ready-$(VERSION) ## a retry storm of SECONDS against a real LocalStack, and one against a gateway
	$(VENV)/bin/python -m benchmarks.soak --seconds $(SECONDS)
	GATEWAY_VENV=$(GATEWAY_VENV) $(VENV)/bin/python -m benchmarks.soak --seconds $(SECONDS) --host gateway

build: $(VENV)/.dev-$(VERSION) ## build wheel and sdist into dist/
	$(VENV)/bin/python -m build

constraints: ## find out anew which versions work together with the LocalStack of PYTHON
	@scripts/constraints $(PYTHON) $(RELEASE)

clean: ## remove what the other targets made
	rm -rf .venv .venv-* .console .test-*.log dist $(TYPESCRIPT)/node_modules $(TYPESCRIPT)/dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp is written last: an environment that was only half made is made again.
$(VENV)/.%-$(VERSION): pyproject.toml $(wildcard constraints/*.txt)
	@scripts/environment '$(PYTHON)' '$(VENV)' '$*' '$(CONSTRAINTS)' '$(MAKECMDGOALS)'
	@touch $@

$(UNIT_VENV)/.%-$(VERSION): pyproject.toml $(wildcard constraints/*.txt)
	@scripts/environment '$(PYTHON)' '$(UNIT_VENV)' '$*' '$(CONSTRAINTS)' '$(MAKECMDGOALS)'
	@touch $@

# moto and LocalStack do not go together: LocalStack brings a moto of its own.
$(GATEWAY_VENV)/.ready-$(VERSION): pyproject.toml constraints/gateway.txt
	@scripts/environment '$(PYTHON)' '$(GATEWAY_VENV)' test-gateway constraints/gateway.txt '$(MAKECMDGOALS)'
	@touch $@

# It goes into no environment with moto. Where it cannot be had, its tests say so and are skipped.
$(MINISTACK_VENV)/.ready:
	@$(PYTHON) -m venv --clear $(MINISTACK_VENV)
	@$(MINISTACK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile ministack==1.5.33 || true
	@touch $@

# They need another botocore than moto or LocalStack do. As above, what cannot be had is skipped.
$(LIBRARIES_VENV)/.ready: constraints/libraries.txt
	@$(PYTHON) -m venv --clear $(LIBRARIES_VENV)
	@$(LIBRARIES_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --requirement constraints/libraries.txt || true
	@touch $@

# What the client for TypeScript is built and tested with. Where npm cannot get it, its tests are skipped.
$(TYPESCRIPT)/node_modules/.ready: $(TYPESCRIPT)/package-lock.json
	@npm ci --silent --no-audit --no-fund --prefer-offline --prefix $(TYPESCRIPT) && touch $@ || \
		echo "npm cannot install what $(TYPESCRIPT) needs: it is passed over"

# The same packages but for this project, to compare with: what else is there makes a difference too.
.venv-bare/.ready-$(VERSION): $(CONSTRAINTS)
	@echo "Installing LocalStack alone into .venv-bare ..."
	@$(PYTHON) -m venv --clear .venv-bare
	@.venv-bare/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(CONSTRAINTS)
	@touch $@

# What is measured beside it; what cannot be had is left out, and the results say so.
.venv-peers/.ready:
	@$(PYTHON) -m venv --clear .venv-peers
	@for peer in microburst==0.10.0 mitmproxy==12.2.3; do \
		.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check $$peer || true; done
	@touch $@
