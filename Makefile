# make run   the demo: generates a made-up company, starts its upstreams and the gateway
# make test  every test                make check  format, lint, types, arrows
# make bench the benchmarks            make soak   the long versions of the tests
# make conformance  graphql-core's own execution tests, run on the engine
.DEFAULT_GOAL := help
.PHONY: help run test check bench soak conformance frontend setup lock clean

PYTHON ?= python3
PLUGINS := $(patsubst %/pyproject.toml,%,$(filter-out plugins/template/%,$(wildcard plugins/*/pyproject.toml)))
BIN := .venv/bin
STAMPS := .stamps
REQUIREMENTS ?= requirements/dev.txt
export UV_NO_PROGRESS := 1
# what is installed is compiled at once, not at a command's first run, or at each where nothing may be written
export UV_COMPILE_BYTECODE := 1

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  \033[1m%-12s\033[0m %s\n", $$1, $$2}'

setup: $(STAMPS)/python ## install the Python side into .venv; REQUIREMENTS=requirements/run.txt without the tools of tests

$(STAMPS)/python: requirements/bootstrap.txt $(REQUIREMENTS) pyproject.toml $(PLUGINS:%=%/pyproject.toml)
	@mkdir -p $(STAMPS)
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(REQUIREMENTS)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . $(PLUGINS:%=-e %)
	@touch $@

frontend: $(STAMPS)/frontend ## build the GraphiQL page

$(STAMPS)/frontend: frontend/package-lock.json frontend/index.html $(shell find frontend/src frontend/*.ts -type f 2>/dev/null)
	@mkdir -p $(STAMPS)
	cd frontend && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build -- --logLevel warn
	@touch $@

$(STAMPS)/e2e: tests/e2e/package-lock.json tests/spec/auth/oidc/package-lock.json
	@mkdir -p $(STAMPS)
	cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error
	cd tests/spec/auth/oidc && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

CLAIRVOYANCE := tests/spec/visible/.venv
$(STAMPS)/clairvoyance: requirements/clairvoyance.txt $(STAMPS)/python # apart, for it needs another version of rich
	@test -x $(CLAIRVOYANCE)/bin/python || $(BIN)/python -m venv --without-pip $(CLAIRVOYANCE)
	$(BIN)/uv pip install --quiet --python $(CLAIRVOYANCE)/bin/python --require-hashes -r $<
	@touch $@

run: $(STAMPS)/python $(STAMPS)/frontend ## serve the demo; HOST and PORT say where
	@$(BIN)/python -m demo.run

test: $(STAMPS)/python $(STAMPS)/frontend $(STAMPS)/e2e $(STAMPS)/clairvoyance ## run every test
	cd frontend && npm run --silent lint && npm test --silent
	$(BIN)/pytest -q -m "not soak" -n logical --maxprocesses 4 --dist worksteal

soak: $(STAMPS)/python ## run the long versions of property and fault tests
	$(BIN)/pytest -q -m soak --timeout=3600

conformance: $(STAMPS)/python ## run graphql-core's own execution tests on the engine
	@$(BIN)/python -m tests.conformance.run

check: $(STAMPS)/python ## format, lint, types, arrows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache >.stamps/arrows.txt 2>&1 || (cat .stamps/arrows.txt; exit 1)

bench: $(STAMPS)/python ## run the benchmarks; ratios, measured side by side
	$(BIN)/python -m bench

PINNED = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
COMPILE = $(PINNED) \
  $(foreach name,callboard $(patsubst %,callboard-%,sdk catalog ci cost kubernetes security),--no-emit-package $(name)) \
  pyproject.toml --extra plugins --extra postgresql

lock: $(STAMPS)/python ## compile the pinned dependencies again, with hashes and without addresses
	$(COMPILE) --group dev -o requirements/dev.txt
	$(COMPILE) --group build -c requirements/dev.txt -o requirements/run.txt
	$(PINNED) requirements/clairvoyance.in -o requirements/clairvoyance.txt

clean: ## remove what was built and generated
	rm -rf .venv .stamps .demo frontend/dist frontend/node_modules

.PHONY: snapshot docs
docs: $(STAMPS)/python ## write the generated parts of the pages again
	$(BIN)/python -m tests.docs.reference

snapshot: $(STAMPS)/python ## write the snapshots again: the schema, each plugin's fragment, the template's, the cases' plans
	@mkdir -p .stamps && printf 'auth: {local: null}\ndatabase: {url: "sqlite+aiosqlite:///.stamps/db.sqlite"}\nplugins: {catalog: , ci: , cost: , kubernetes: , security: }\n' > .stamps/snapshot.yaml
	$(BIN)/callboard schema --settings .stamps/snapshot.yaml > .stamps/supergraph.graphql
	mv .stamps/supergraph.graphql schema/supergraph.graphql
	$(BIN)/callboard plugin schema $(filter-out sdk,$(PLUGINS:plugins/%=%)) --write
	PYTHONPATH=plugins/template $(BIN)/python -c 'from callboard_example import plugin; from gateway.fragments import written_fragment; print(written_fragment(plugin), end="")' > .stamps/template.graphql
	mv .stamps/template.graphql plugins/template/callboard_example/schema.graphql
	$(BIN)/pytest -q tests/cases/test_cases.py --update-plans
