SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.requirements
DEV_STAMP := $(VENV)/.requirements-dev
# The test files that name a mark: looking through all others takes half a minute each time.
marked = $(shell grep -rl --include='*.py' 'mark\.\($(1)\)' tests)

.PHONY: run stop test check acceptance bench screenshots clean

run: $(RUN_STAMP)  ## open the dashboard on http://localhost:8501
	@set -m; (trap '' INT; $(BIN)/streamlit run app.py && $(BIN)/python -m tl_core.jobs.exit_message)

stop: $(RUN_STAMP)  ## end what works in the background: supervisor, runs, prediction server
	@$(BIN)/python -m tl_core.jobs.stop

test: $(DEV_STAMP)  ## every test but the slow ones on real data and the ones for a GPU
	@$(BIN)/python -m pytest -m "not acceptance and not gpu and not browser" -n 2
	@$(BIN)/python -m pytest -m "browser and not acceptance and not gpu" $(call marked,browser)
	@$(BIN)/python -m pytest -m "acceptance or gpu" --collect-only -q $(call marked,acceptance\|gpu) \
		| tail -n 1 | sed 's/^/left out (acceptance, gpu): /'

check: $(DEV_STAMP)  ## style, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

acceptance: $(DEV_STAMP)  ## slow tests on real labelled sets
	$(BIN)/python -m pytest -m acceptance -s

bench: $(DEV_STAMP)  ## measure the way from a CSV to a verdict
	$(BIN)/python -m benchmarks.end_to_end

screenshots: $(DEV_STAMP)  ## a picture of every page in every state, in build/screenshots
	$(BIN)/python -m tests.e2e.screenshots

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build

$(RUN_STAMP): requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV), once: a few minutes, mostly for torch."
	@$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt $(RUN_STAMP)
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	@touch $@
