# Guichet. `make help` lists the targets; a bare machine needs Python >= 3.11 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests wait for processes more than they compute.
WORKERS ?= 3
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --quiet

# Containers often set it, and every start would then compile everything again (three times slower).
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install install-dev run demo test test-esdb check lock fmt lint types arch docs docs-check screenshots bench clean

help: ## list what can be asked
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## the virtual environment of the application, every hash checked
install-dev: $(VENV)/.installed-dev ## the same with what tests and checks need

run: install ## Guichet on this machine: http://127.0.0.1:8000, mails on http://127.0.0.1:8025
	@$(BIN)/guichet up --demo

demo: install ## a guided story, played against `make run`
	@$(BIN)/guichet demo

test: install-dev ## every test, in WORKERS processes (one test alone: .venv/bin/pytest tests/…)
	@$(BIN)/pytest --numprocesses=$(WORKERS) --dist=loadscope

test-esdb: install-dev ## the contract of the event store against a server: ESDB_URI=esdb://host:2113?tls=false
	@[ -n "$(ESDB_URI)" ] || { echo 'Indiquez le serveur : make test-esdb ESDB_URI=esdb://hôte:2113?tls=false'; exit 2; }
	@GUICHET_TEST_ESDB='$(ESDB_URI)' $(BIN)/pytest tests/contracts -k eventstoredb-cluster

check: lint types arch docs-check ## everything the CI checks, the tests last
	@$(MAKE) --no-print-directory test

fmt: install-dev ## format the code and fix what can be fixed
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

lint: install-dev ## format and lint, changing nothing
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: install-dev ## mypy, strict
	@$(BIN)/mypy

arch: install-dev ## who may import whom
	@$(BIN)/lint-imports

docs: install ## write the generated documents again
	@$(BIN)/guichet docs

docs-check: install-dev ## whether the generated documents are current
	@$(BIN)/guichet docs --check

screenshots: install-dev ## take the pictures of docs/pages again
	@$(BIN)/python -m tests.browser.screenshots

bench: install-dev ## measure, and write bench/reports
	@$(BIN)/python -m bench.eventstore
	@$(BIN)/python -m bench.gateway
	@$(BIN)/python -m bench.esdb
	@$(BIN)/python -m bench.replay
	@$(BIN)/python -m bench.stack
	@$(BIN)/python -m bench.pages

lock: install-dev ## resolve the dependencies of pyproject.toml again, with their hashes (UPGRADE=--upgrade)
	@env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(LOCK) $(UPGRADE) --group install -o requirements.txt
	@env -u PIP_FIND_LINKS -u UV_FIND_LINKS $(LOCK) $(UPGRADE) --group install --group dev \
		-c requirements.txt -o requirements-dev.txt

clean: ## forget the environment and the caches (the data directory stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv is only a faster pip: where it cannot be had, pip installs the same hashes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Guichet demande Python 3.11 ou plus récent.")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.uv: requirements-dev.txt | $(BIN)/python
	@sed -n '/^uv==/,/[^\\]$$/p' requirements-dev.txt > $@.txt
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes --no-deps -r $@.txt 2>/dev/null \
		|| echo 'uv absent : pip suffira.'
	@touch $@

define install_from
	@echo 'Installation ($(1))…'
	@{ [ -x $(BIN)/uv ] && VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install -q --require-hashes --compile-bytecode -r $(1); } \
		|| $(BIN)/pip install -q --disable-pip-version-check --require-hashes --compile -r $(1)
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q $(wildcard kernel services gateway console)
	@touch $@
endef

$(VENV)/.installed: requirements.txt pyproject.toml $(VENV)/.uv
	$(call install_from,requirements.txt)

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(call install_from,requirements-dev.txt)
