# Everything sets itself up: Python >= 3.11 and make are enough.
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PY ?= python3
# Three for two cores: some tests wait. Neighbors stay together, because they share what is slow.
TESTS := pytest -q -n 3 --dist worksteal -m "not proof and not soak"

# A shell that forbids it makes each worker compile all tests, and each bot under test itself.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test coverage explore proofs soak lint format bench pictures lock clean

help: ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY) ## install the pinned dependencies into .venv

$(READY): requirements.lock pyproject.toml
	@echo "Installing the pinned dependencies into $(VENV): half a minute, once."
	@test -x $(BIN)/python || $(PY) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: $(READY) ## the real bot between a local Slack and a local PagerDuty
	@$(BIN)/pdbot demo

test: $(READY) ## the tests; at most 3 minutes
	@$(BIN)/python -m $(TESTS)

coverage: $(READY) ## the tests with branch coverage, twice as slow; at least 95 % of bot/
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m $(TESTS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

explore: $(READY) ## the tests with new random examples
	@EXPLORE=1 $(BIN)/python -m $(TESTS)

proofs: $(READY) ## crashes, chaos, PostgreSQL, browser; at most 10 minutes
	@$(BIN)/python -m pytest -n 2 -m "proof" tests

soak: $(READY) ## thirty minutes, for the night
	@$(BIN)/python -m pytest -m "soak" tests

lint: $(READY) ## ruff and mypy --strict
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY) ## the figures of the README
	@$(BIN)/python -m bench

pictures: $(READY) ## the README's pictures, from the running demo
	@$(BIN)/python -m tests.pictures

lock: ## pin the newest versions, with hashes
	@$(PY) -m venv $(VENV) && $(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --group dev --all-extras pyproject.toml -o requirements.lock
	@# What runs in production: the same versions, without the tools.
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
		--python-version 3.11 --extra postgres --constraint requirements.lock --no-annotate \
		pyproject.toml -o requirements-run.lock

format: $(READY) ## let ruff format and sort
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

clean: ## remove what was made
	@rm -rf $(VENV) .coverage* .mypy_cache .ruff_cache .pytest_cache
