# Every target works on a fresh clone: what it needs is set up first.
.DEFAULT_GOAL := help
.PHONY: help setup demo app test check coverage mutants fuzz bench lock clean browser

PORT ?= 8501
SECONDS ?= 120
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
DEMO := data/demo
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Debian's packages, with root or sudo where that needs no password; else one line that says what to install
APT = if [ "$$(id -u)" = 0 ]; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1) >/dev/null; \
	elif sudo -n true 2>/dev/null; then sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(1) >/dev/null; \
	else echo "error: $(1) is missing and needs root; run: sudo apt-get install $(1)" >&2; exit 1; fi

help:
	@echo "make demo      a simulated organisation, ingested and served (PORT=8501)"
	@echo "make app       serve the dashboard on your own data (PORT=8501)"
	@echo "make test      run all tests"
	@echo "make check     lint, format, types"
	@echo "make coverage  how much of ingest/ the tests go through, by branch; at least 95 %"
	@echo "make mutants   change watermarks and upserts, and see which change no test notices"
	@echo "make fuzz      damage what the parsers read, for SECONDS=120"
	@echo "make bench     measure ingest, build and query times"
	@echo "make setup     make .venv with the command .venv/bin/uptake"
	@echo "make lock      pin the newest versions of all dependencies"
	@echo "make clean     remove what the targets made, but no data of yours"

setup: .venv/.installed

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is missing; run: sudo apt-get install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { $(call APT,python3-venv); }
	$(PYTHON) -m venv .venv

# the locks name everything: what pip would look for besides is a newer release that no hash is known of
.venv/.installed: requirements.lock pyproject.toml | .venv/bin/pip
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	$(BIN)/pip install -q --no-deps --require-hashes -r requirements-dev.lock
	@$(BIN)/pip check >/dev/null || { $(BIN)/pip check; exit 1; }
	@touch $@

browser:
	@command -v chromium >/dev/null || { echo "installing chromium, which the browser tests drive"; $(call APT,chromium); }

demo: setup
	@test -f $(DEMO)/uptake.toml || $(BIN)/uptake demo --out $(DEMO)
	$(BIN)/uptake --config $(DEMO)/uptake.toml --data $(DEMO)/data ingest
	$(BIN)/uptake --config $(DEMO)/uptake.toml --data $(DEMO)/data app --port $(PORT)

app: setup
	$(BIN)/uptake app --port $(PORT)

test: .venv/.installed-dev browser
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# not those that kill processes or fill their disk: what measures would be killed, or say so, too
coverage: .venv/.installed-dev
	$(BIN)/python -m pytest tests/ingest tests/test_surveys.py tests/test_sample.py -n 2 --dist loadfile \
		--ignore tests/ingest/test_crash.py --ignore tests/ingest/test_killed.py \
		--deselect tests/ingest/test_receive.py::test_a_full_disk_is_no_acknowledgement --cov --cov-report term

mutants: .venv/.installed-dev
	$(BIN)/python -m tests.mutants

fuzz: .venv/.installed-dev
	$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

bench: .venv/.installed-dev
	$(BIN)/python -m tests.bench

lock: setup
	$(BIN)/pip install -q pip-tools
	for extra in "" dev; do $(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--extra build $${extra:+--extra $$extra} -o requirements$${extra:+-$$extra}.lock pyproject.toml; done

clean:
	rm -rf .venv $(DEMO) *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis bench.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
