# What can be done with this checkout. `make` alone lists it; nothing needs to be done before any of it.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# What tests start, and the Debian package that has it.
PACKAGES := '/usr/lib/postgresql/*/bin/postgres:postgresql' redis-server:redis-server haproxy:haproxy \
	docker-registry:docker-registry prometheus:prometheus prometheus-alertmanager:prometheus-alertmanager \
	pgbackrest:pgbackrest patroni:patroni etcd:etcd-server zstd:zstd age:age /bin/busybox:busybox-static ip:iproute2 \
	ssh:openssh-client chromium:chromium

.DEFAULT_GOAL := help
.PHONY: help demo down test test-unit test-integration test-molecule test-faults bench lint sanity format docs changelog build clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

demo: .venv/runs ## Bring up the sandbox, deploy, break and roll back the sample application in it
	python -m sandbox up
	python -m sandbox release
	python -m sandbox demo

down: .venv/runs ## Remove the sandbox and everything that it made
	python -m sandbox down

test: lint sanity packages ## Run every check and every test, with a fleet of its own making; of the fault tests a few of each kind
	python -m pytest -n 2 --dist loadscope --no-loadscope-reorder tests

test-unit: .venv/checks ## Run the unit tests: seconds, no network
	python -m pytest -n 2 tests/unit

test-integration: packages ## Run the modules against real servers
	python -m pytest tests/integration

test-molecule: packages ## Run the playbooks on the fleet
	python -m pytest tests/molecule

test-faults: packages ## Run the fault tests, the long ones too, and 10,000 fuzzed inputs for each module
	MAINSTAY_FULL=1 python -m pytest tests/unit/test_fuzz.py tests/unit/judge/test_judge_latency.py \
		tests/integration/test_recovery_time.py tests/faults

bench: packages ## Measure against named peers
	python -m bench

lint: .venv/checks ## Check the style of everything
	ruff format --check .
	ruff check .
	mypy plugins sandbox tools bench tests/unit tests/integration
	yamllint --strict .
	ansible-lint --offline
	antsibull-changelog lint
	antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs=self --skip-rstcheck .
	python -m tools.pages --check

sanity: .venv/checks ## Run ansible-test's sanity tests
	tools/sanity

format: .venv/checks ## Bring the Python code into its form
	ruff format .
	ruff check --fix .

docs: .venv/checks ## Write the pages of docs/reference from the documentation in modules, plugins and roles
	python -m tools.pages

changelog: .venv/checks ## Write CHANGELOG.md from the fragments of a release: make changelog VERSION=1.0.0
	antsibull-changelog release --update-existing --reload-plugins --version $(VERSION)

build: .venv/runs ## Build the collection's tarball into .cache/build
	ansible-galaxy collection build --force --output-path .cache/build

clean: ## Forget the virtual environment and every cache; the sandbox stays
	rm -rf .venv .cache .mypy_cache .ruff_cache .ansible

.PHONY: packages
packages: .venv/checks
	tools/packages $(PACKAGES)
	python -m sandbox engine

.venv/runs: requirements.txt constraints.txt tools/environment
	tools/environment requirements.txt
	touch $@

.venv/checks: requirements-dev.txt .venv/runs
	tools/environment requirements-dev.txt
	touch $@
