# What people run, and CI with them. `make` or `make help` lists the targets.

PYTHON ?= python3
VENV ?= .venv
UNIT_VENV ?= .venv-unit

# LocalStack 2026.3.0 needs Python 3.13, older ones get 4.8.1: see pyproject.toml.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RELEASE := $(shell $(PYTHON) -c 'import sys; print("2026.3.0" if sys.version_info >= (3, 13) else "4.8.1")' 2>/dev/null)
CONSTRAINTS = constraints/localstack-$(RELEASE).txt
TEST_PYTHONS ?= 3.13 3.11
SECONDS ?= 60

.DEFAULT_GOAL := help
.PHONY: help start test test-unit test-localstack test-all lint docs format bench soak build constraints clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /: /' | awk -F': ' '{printf "%-16s %s\n", $$1, $$2}'

start: $(VENV)/.runtime-$(VERSION) ## run a real LocalStack with the extension in it
	@$(VENV)/bin/python -m localstack_outages

test: test-unit test-localstack ## run all tests

test-unit: $(UNIT_VENV)/.test-$(VERSION) ## run the tests that need no LocalStack
	$(UNIT_VENV)/bin/python -m pytest tests/unit $(ARGS)

test-localstack: $(VENV)/.dev-$(VERSION) ## run the tests against a real LocalStack
	$(VENV)/bin/python -m pytest tests --ignore=tests/unit $(ARGS)

test-all: ## run all tests under each of TEST_PYTHONS that is here
	@scripts/test-all $(TEST_PYTHONS)

lint: $(VENV)/.dev-$(VERSION) ## check style, types, layers and the command line's reference
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python scripts/cli_reference.py --check
	@scripts/check-console

docs: $(VENV)/.dev-$(VERSION) ## write the reference of the command line anew
	$(VENV)/bin/python scripts/cli_reference.py

format: $(VENV)/.dev-$(VERSION) ## format the code
	$(VENV)/bin/ruff format
	$(VENV)/bin/ruff check --fix

bench: $(VENV)/.dev-$(VERSION) .venv-bare/.ready-$(VERSION) .venv-peers/.ready ## measure what it costs, into benchmarks/results.md; ONLY=decision for one part
	$(VENV)/bin/python -m benchmarks $(foreach part,$(ONLY),--only $(part))

soak: $(VENV)/.dev-$(VERSION) ## a retry storm of SECONDS against a real LocalStack
	$(VENV)/bin/python -m benchmarks.soak --seconds $(SECONDS)

build: $(VENV)/.dev-$(VERSION) ## build wheel and sdist into dist/
	$(VENV)/bin/python -m build

constraints: ## find out anew which versions work together with the LocalStack of PYTHON
	@scripts/constraints $(PYTHON) $(RELEASE)

clean: ## remove what the other targets made
	rm -rf .venv .venv-* .console .test-*.log dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp is written last: an environment that was only half made is made again.
$(VENV)/.%-$(VERSION): pyproject.toml $(wildcard constraints/*.txt)
	@scripts/environment '$(PYTHON)' '$(VENV)' '$*' '$(CONSTRAINTS)'
	@touch $@

$(UNIT_VENV)/.%-$(VERSION): pyproject.toml $(wildcard constraints/*.txt)
	@scripts/environment '$(PYTHON)' '$(UNIT_VENV)' '$*' '$(CONSTRAINTS)'
	@touch $@

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
