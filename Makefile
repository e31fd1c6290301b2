# make setup | demo | test | lint need only make and Python 3.11 or newer; bench, cluster, faults and soak also Java 17 and Maven.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test lint bench cluster faults soak fuzz lock
setup: .venv/.done

.venv/.done: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rekam needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: setup
	$(BIN)/rekam demo

# Every test: first those that need a PostgreSQL at most, one on each core, then one after the other those that start engines
# and programs and wait for them.
WORKERS ?= auto
test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not alone"; first=$$?; \
	$(BIN)/python -m pytest -m alone && exit $$first

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Speed and memory on this machine, against a real Apache Kafka; the README and docs/figures.md keep what was printed.
bench: setup
	$(BIN)/python -m tests.benchmarks

# How long intake stands still when a broker, the controller or PostgreSQL's primary is lost; docs/proof.md has the figures.
cluster: setup
	$(BIN)/python -m tests.kafka.standstill

# Hostile messages through intake, on a PostgreSQL of its own: make fuzz MESSAGES=200000 SEED=1
fuzz: setup
	$(BIN)/python -m tests.hostile $(or $(MESSAGES),200000) $(SEED)

# A long run of drawn faults on real engines, judged afterwards: make faults SEED=7 MINUTES=5, or SEED=1-10 one by one.
SEED ?= 1
MINUTES ?= 5
faults: setup
	$(BIN)/python -m tests.faults --seed $(SEED) --minutes $(MINUTES)

# Everything up, 500 facts a second, and what grows meanwhile: make soak MINUTES=60
soak: setup
	$(BIN)/python -m tests.soak --minutes $(MINUTES) $(if $(JSON),--json $(JSON)) $(if $(PLOTS),--plots $(PLOTS))

# Pins every dependency with its hashes, for Python 3.11 and newer, and writes down no address.
lock: setup
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --output-file requirements.txt
	echo setuptools | $(BIN)/uv pip compile pyproject.toml - --extra otel --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --quiet --constraints requirements.txt --output-file requirements-production.txt
