# The habits of the project. `make report` and `make test` do all their own set-up; they need only Python, pip and make.
PYTHON ?= python3
UV := .uv/bin/uv
RUN := $(UV) run --frozen --no-sync
INTERPRETER = $(shell $(PYTHON) -c 'import sys; print(sys.executable)')
SINCE ?= 2011-11
MONTH ?= 2012-02
WORKERS ?= 2
# A worker for each core: more threads of polars would only wait for one another.
TESTS := POLARS_MAX_THREADS=1 $(RUN) pytest -n $(WORKERS) --no-loadscope-reorder --durations=25

.PHONY: report test check fuzz faults sbom vulnerabilities data bench clean

report: .venv/run
	$(RUN) audit run secure_communities --since $(SINCE) --month $(MONTH)

test: .venv/ready
	$(TESTS)

check: .venv/ready
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(TESTS) -q tests $(addprefix --ignore=tests/,acceptance browser notebooks reference)

# Damaged files by the thousand: each must be read or refused. Some hours; `make fuzz INPUTS=2000 COMMANDS=200` is shorter.
INPUTS ?= 20000
COMMANDS ?= 2000
fuzz: .venv/ready
	$(RUN) pytest -q -n $(WORKERS) --hypothesis-profile=search tests/property tests/tables
	$(RUN) python -m tests.fuzz.run --inputs $(INPUTS) --commands $(COMMANDS)

# Verbs killed at random points, and bits flipped in every kind of folder: some forty minutes.
KILLS ?= 500
FLIPS ?= 1000
faults: .venv/ready
	$(RUN) python -m tests.fuzz.kills --kills $(KILLS)
	$(RUN) python -m tests.fuzz.flips --flips $(FLIPS)

# What the program is made of, from uv.lock: dist/sbom.json (CycloneDX) and dist/licences.csv.
sbom: .venv/ready
	@mkdir -p dist
	$(UV) export --frozen --offline --no-dev --all-extras --quiet --preview-features sbom-export --format cyclonedx1.5 --output-file dist/sbom.json
	$(RUN) python -m tests.supply_chain licences > dist/licences.csv

# Known vulnerabilities of what is locked; skipped with the reason where their source cannot be reached.
vulnerabilities: .venv/ready
	$(RUN) python -m tests.supply_chain vulnerabilities

data: .venv/ready
	$(RUN) audit data secure_communities

bench: .venv/ready
	$(UV) sync --frozen --compile-bytecode --group bench
	$(RUN) python benchmarks/startup.py
	$(RUN) python benchmarks/checks.py
	$(RUN) python benchmarks/check_command.py
	$(RUN) python benchmarks/census.py
	$(RUN) python benchmarks/assess.py
	$(RUN) python benchmarks/draw.py
	$(RUN) python benchmarks/month.py
	$(RUN) python benchmarks/methods.py
	$(RUN) python benchmarks/year.py
	$(RUN) python benchmarks/increment.py
	$(RUN) python benchmarks/engines.py
	$(RUN) python benchmarks/overview.py
	$(RUN) python benchmarks/check.py

clean:
	rm -rf .venv .uv data/generated

# What a report needs, and nothing else; what the tests need comes on top with `make test`.
.venv/run: .uv/ready
	$(UV) sync --frozen --no-default-groups --inexact --python "$(INTERPRETER)"
	@touch $@

.venv/ready: .uv/ready
	$(UV) sync --frozen --compile-bytecode --python "$(INTERPRETER)"
	$(RUN) python -m compileall -q src
	@touch $@ .venv/run

.uv/ready: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 11) <= sys.version_info < (3, 15) else "audit needs Python 3.11, 3.12, 3.13 or 3.14. Name one: make PYTHON=python3.12 ...")'
	@test -x $(UV) || $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .uv uv==0.13.9
	@touch $@
