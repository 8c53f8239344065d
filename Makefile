# Two commands are all a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# Tools with many dependencies of their own, each in a folder of its own.
TOOLS := .tools

.PHONY: run test check format lock bench drill fuzz scan clean

run: $(VENV)/.runtime  ## The station with the sample park, on 127.0.0.1; data of an earlier run is kept
	@$(BIN)/python -m inspect_station migrate
	@$(BIN)/python -m inspect_station demo --if-empty --links
	@exec $(BIN)/python -m inspect_station serve

test: $(VENV)/.dev  ## Style, types, arrows, rulebook, and all tests on SQLite, PostgreSQL and Chromium
	@sh tools/test_needs.sh
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -q -n 2 --dist worksteal $(PYTEST_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy inspect_station schedules
	$(BIN)/lint-imports
	$(BIN)/python -m schedules check

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(VENV)/.dev  ## After a change of requirements*.in
	for set in requirements requirements-dev requirements-fuzz requirements-scan; do \
	  $(BIN)/uv pip compile -q --generate-hashes --python-version 3.11 --universal --no-header $$set.in -o $$set.txt; done

bench: $(VENV)/.dev $(TOOLS)/lighthouse/.done  ## Ratios beside their references, written to docs/benchmarks.md; nothing here is a timed test
	$(BIN)/python -m benchmarks $(SCALE)

drill: $(VENV)/.dev  ## Kills and faults really delivered, and what they cost; ROWS="R1 SOAK" for some, FULL=1 for the long form
	$(BIN)/python -m drills $(ROWS)

fuzz: $(VENV)/.dev $(TOOLS)/fuzz/.done  ## Coverage-guided; SECONDS=30 for each target, ROWS="date sheet" for some, KEEP=1 keeps what it found
	PYTHONPATH=$(TOOLS)/fuzz $(BIN)/python -m tools.fuzz $(ROWS)

scan: $(VENV)/.dev $(TOOLS)/scan/.done  ## A web scanner against the running station, as each role; ROWS="enterprise" for some
	$(BIN)/python -m tools.scan $(TOOLS)/scan/bin/wapiti $(ROWS)

# Only the pages' scores need it: where npm is missing they are left out.
$(TOOLS)/lighthouse/.done:
	@mkdir -p $(@D)
	@! command -v npm >/dev/null || npm install --prefix $(@D) --no-audit --no-fund --silent lighthouse@12.8.2
	@touch $@

clean:
	rm -rf $(VENV) $(TOOLS) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: $(BIN)/python requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: $(BIN)/python requirements-dev.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(TOOLS)/fuzz/.done: requirements-fuzz.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes --target $(TOOLS)/fuzz -r requirements-fuzz.txt
	@touch $@

$(TOOLS)/scan/.done: requirements-scan.txt
	$(PYTHON) -m venv $(TOOLS)/scan
	$(TOOLS)/scan/bin/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements-scan.txt
	@touch $@
