# Every task of the project. `make help` lists them; .ci/run calls the same ones.
VENV := .venv
BIN := $(VENV)/bin
# the first Python that is new enough and can make environments
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run demo gui screenshots test soak lint format docs bench constraints clean

help: ## List the tasks
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'

setup: $(VENV)/.runtime ## Make the environment in .venv

run: $(VENV)/.runtime ## Serve on 127.0.0.1:5556 with the store in ./ums-data (ARGS="--port 0")
	@exec $(BIN)/python -m ums_service serve $(ARGS)

demo: $(VENV)/.runtime ## Start a throw-away service, use it, show what happened
	@exec $(BIN)/python -m examples.demo

gui: $(VENV)/.gui ## Open the desktop program (ARGS="--theme dark"; needs python3-tk)
	@exec $(BIN)/python -m gui $(ARGS)

screenshots: $(VENV)/.dev ## Take pictures of every page into docs/screenshots (needs Xvfb)
	@$(BIN)/python -m tests.gui.screenshots

# three workers for two processors, since some tests wait; without bytecode each would
# compile everything anew, and each service and program that the tests start as well
test: $(VENV)/.dev ## Run the tests
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

soak: $(VENV)/.dev ## Run the long versions of the proofs (about an hour)
	@UMS_KILL_ROUNDS=500 UMS_FUZZ_MESSAGES=1000000 $(BIN)/python -m pytest -n 2 \
		-m "soak or not soak" --hypothesis-profile random --timeout 7200 $(ARGS)

lint: $(VENV)/.dev ## Check format, style and types
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet . && $(BIN)/mypy
	@echo "format, style and types are fine"

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

docs: $(VENV)/.runtime ## Write the generated reference anew
	@$(BIN)/python -m ums_service reference > docs/protocol.md.new
	@mv docs/protocol.md.new docs/protocol.md

bench: $(VENV)/.dev ## Measure speed as ratios against floors of the same run
	@$(BIN)/python -m benchmarks $(ARGS)

constraints: $(VENV)/.dev ## Pin what is installed now
	@$(BIN)/python -m pip freeze --exclude-editable > constraints.txt

clean: ## Remove the environment and caches; data stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "UMS needs Python 3.11 or newer with venv" \
		"(Debian: apt install python3 python3-venv)" >&2; exit 69; }
	@echo "making the environment in $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)

# the stamps are written last, so an interrupted installation is begun again
$(VENV)/.runtime: $(VENV)/bin/python requirements.txt constraints.txt
	@echo "installing what the service needs" >&2
	@$(PIP) install -r requirements.txt -c constraints.txt
	@$(BIN)/python -m compileall -q storage ums_client ums_service
	@touch $@

$(VENV)/.gui: $(VENV)/.runtime
	@echo "installing what the desktop program needs" >&2
	@$(PIP) install "ttkbootstrap>=2.2.6,<3" -c constraints.txt
	@$(BIN)/python -m compileall -q gui
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.txt
	@echo "installing what the tests need" >&2
	@$(PIP) install -r requirements-dev.txt -c constraints.txt
	@touch $@
