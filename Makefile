# Every target sets up what it needs from a bare Python 3.11 - 3.13: .venv through uv, pinned packages, PostgreSQL from a
# wheel. `make help` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup demo up down import explain tenants-plan tenants-apply mwaa-bundle dags-doc metrics-doc test test-unit \
        test-integration test-dags test-deploy test-chaos test-e2e lint format bench chaos lock webhooks-replay sandbox \
        alerts check-connections delivery-decide report

# The newest supported Python of this machine; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3.12 python3.13 python3.11 python3; do \
        $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && break; done)
UV_VERSION := 0.13.9
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
READY := $(VENV)/ready

export PYTHONPATH := $(CURDIR)
export PYTHONDONTWRITEBYTECODE :=

help:  ## what can be done here
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}'

setup: $(READY)  ## make .venv with the pinned packages

$(READY): constraints.txt requirements.txt requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11, 3.12 or 3.13 found; install one or say make PYTHON=/path/to/python"; exit 1; }
	@echo "setting up .venv with $$($(PYTHON) --version)"
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(RUN) --constraint constraints.txt -r requirements.txt -r requirements-dev.txt
	@touch $@

demo: $(READY)  ## load the demo shops, run the DAGs, print attribution (DAY=+1 moves the clock on)
	@$(RUN) -m dev.demo $(if $(DAY),--day=$(DAY))

up: $(READY)  ## start PostgreSQL and Airflow and leave them running
	@$(RUN) -m dev.stack up

down: $(READY)  ## stop exactly what was started
	@$(RUN) -m dev.stack down

import: $(READY)  ## load your own data: TENANT=slug TOUCHPOINTS=file.csv ORDERS=file.csv COSTS=file.csv
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.imports --tenant "$(TENANT)" \
	    $(if $(TOUCHPOINTS),--touchpoints "$(TOUCHPOINTS)") $(if $(ORDERS),--orders "$(ORDERS)") \
	    $(if $(COSTS),--costs "$(COSTS)")

explain: $(READY)  ## why an order has its credit: TENANT=slug ORDER=id (JSON=1)
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.explain --tenant "$(TENANT)" --order "$(ORDER)" $(if $(JSON),--json)

report: $(READY)  ## last week's report as one HTML file, prints its path: TENANT=slug
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.jobs.weekly_report --tenant "$(TENANT)"

webhooks-replay: $(READY)  ## try quarantined webhooks again: TENANT=slug (SOURCE=webhook:orders/create) (REF=id)
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.orders.replay --tenant "$(TENANT)" \
	    $(if $(SOURCE),--source "$(SOURCE)") $(if $(REF),--ref "$(REF)")

delivery-decide: $(READY)  ## settle an event in doubt: TENANT=slug DESTINATION=id ORDER=id VERDICT=received|lost
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.jobs.delivery_decision --tenant "$(TENANT)" \
	    --destination "$(DESTINATION)" --order "$(ORDER)" --verdict "$(VERDICT)"

tenants-plan: $(READY)  ## what tenants/*.yaml would change, and what that does to the last full month
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.tenants.plan
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.jobs.figure_changes

tenants-apply: $(READY)  ## make the database's tenants equal to tenants/*.yaml
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.jobs.figure_changes
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.tenants.plan --apply

alerts: $(READY)  ## what needs a person: open alerts of all tenants (JSON=1)
	@$(RUN) -m dev.with_stack_env $(RUN) -m include.alerts $(if $(JSON),--json)

check-connections: PYTHONPATH := $(CURDIR):$(CURDIR)/plugins
check-connections: export AIRFLOW__LOGGING__LOGGING_LEVEL := ERROR
check-connections: $(READY)  ## try every connection that tenants use (TENANT=slug)
	@$(RUN) -m dev.with_stack_env $(RUN) -m attribution_airflow.check_connections $(TENANT)

sandbox: $(READY)  ## the vendors' stand-in alone: PORT=8089 (free one if unset), stops on Ctrl-C
	@$(RUN) -m sandbox.server $(if $(PORT),--port "$(PORT)")

mwaa-bundle: $(READY)  ## build dist/mwaa: plugins.zip, requirements.txt, startup.sh, dags
	@$(RUN) deploy/mwaa_bundle.py

dags-doc: $(READY)  ## write DAGS.md and the graph snapshot from the DAGs
	@$(RUN) -m dev.dags_doc

metrics-doc: $(READY)  ## write docs/metrics.md from the catalogue of metrics
	@$(RUN) -m dev.metrics_doc

# A file of tests stays with one worker, which has a PostgreSQL server of its own. What runs under a real scheduler has
# deadlines in seconds, so it comes last and alone.
TEST_WORKERS ?= 4
SIDE_BY_SIDE := -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

test: $(READY)  ## everything that has to hold, fast parts first (about twelve minutes on two cores)
	@$(RUN) -m include.attribution.warm_up  # or each worker compiles the kernels
	@$(RUN) -m pytest -q $(SIDE_BY_SIDE) tests/unit tests/sandbox tests/dags tests/deploy tests/chaos tests/integration
	@$(RUN) -m pytest -q tests/e2e

test-unit: $(READY)  ## rules only: no database, no Airflow, seconds
	@$(RUN) -m pytest -q tests/unit

test-integration: $(READY)  ## on a real PostgreSQL
	@$(RUN) -m pytest -q $(SIDE_BY_SIDE) tests/integration

test-dags: $(READY)  ## policies, graph snapshot and generated documents
	@$(RUN) -m pytest -q tests/dags

test-deploy: $(READY)  ## the three layouts: Astro, compose, MWAA
	@$(RUN) -m pytest -q tests/deploy

test-chaos: $(READY)  ## a few kills at every point
	@$(RUN) -m pytest -q tests/chaos

test-e2e: $(READY)  ## under a real scheduler
	@$(RUN) -m pytest -q tests/e2e

lint: $(READY)  ## ruff, mypy, import boundaries
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)  ## let ruff rewrite
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format .

bench: $(READY)  ## speed as ratios inside one run: peers, floors
	@$(RUN) -m benchmarks

chaos: $(READY)  ## kill tasks and deliveries at every point, stop the database, run writers at once: a table of differences (about 25 minutes)
	@$(RUN) -m tests.chaos

lock: $(READY)  ## resolve constraints.txt anew, for Python 3.11 to 3.13
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --upgrade \
	    -o constraints.txt requirements.txt requirements-dev.txt
