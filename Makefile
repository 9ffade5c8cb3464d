# Run `make` for the list of targets.
STUDY ?= compare
DATA ?=
WORKERS ?=
PORT ?= 5000
SEED ?= 1
KEEP_MODELS ?=
ON_BAD ?=
NEAR_DUPLICATES ?=
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
SET_UP := $(VENV)/set-up

export MLFLOW_DISABLE_TELEMETRY := true
export PYTHONUNBUFFERED := 1
# tensorflow would open every command with lines that concern nobody.
export TF_CPP_MIN_LOG_LEVEL ?= 3

data_option = $(if $(DATA),--data "$(DATA)")
bad_option = $(if $(ON_BAD),--on-bad $(ON_BAD))
taken_option = $(data_option) $(bad_option) $(if $(NEAR_DUPLICATES),--near-duplicates $(NEAR_DUPLICATES))
workers_option = $(if $(WORKERS),--workers $(WORKERS)) $(if $(KEEP_MODELS),--keep-models $(KEEP_MODELS))

# A variable that is misspelt, empty, or nothing to its target would be ignored, and something else trained.
TRAINING := STUDY DATA ON_BAD NEAR_DUPLICATES WORKERS KEEP_MODELS
takes-compare := $(TRAINING)
takes-plan := $(TRAINING)
takes-report := STUDY DATA
takes-report-check := STUDY DATA
takes-pages := STUDY DATA
takes-ui := PORT
takes-run := MODEL DATA ON_BAD NEAR_DUPLICATES ARGS
takes-predict := RUN IMAGES OUT ON_BAD
takes-inspect := STUDY DATA ON_BAD NEAR_DUPLICATES
takes-diagrams := ARGS
takes-cost := ARGS
takes-smoke := DATA ON_BAD NEAR_DUPLICATES WORKERS KEEP_MODELS
takes-export := STUDY DATA ON_BAD NEAR_DUPLICATES
takes-import := FILE
takes-test-faults := SEED
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
given := $(filter-out MAKE% MFLAGS -%% SHELL PYTHON VENV MLFLOW_% TF_% KERAS_% CUDA_% PIP_% UV_%,$(given))
goals := $(or $(MAKECMDGOALS),help)
taken := $(sort $(foreach goal,$(goals),$(takes-$(goal))))
unknown := $(strip $(filter-out $(taken),$(given)))
$(if $(unknown),$(error make $(goals) takes no $(unknown); it takes $(or $(taken),no variable)))
empty := $(strip $(foreach name,$(given),$(if $(strip $($(name))),,$(name))))
$(if $(empty),$(error $(firstword $(empty))= is empty; give it a value or leave it out))

.DEFAULT_GOAL := help
.PHONY: help set-up lock compare report report-check calibrate pages ui plan run predict inspect diagrams cost smoke export import bench bench-report test test-slow test-browser test-faults fuzz lint format clean distclean

help: ## list the targets
	@echo "make TARGET [STUDY=compare] [DATA=fashion_mnist|digits|path:FOLDER] [WORKERS=2] [KEEP_MODELS=all|best|none] [ON_BAD=stop|skip] [NEAR_DUPLICATES=together|apart]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

# Before set-up, which takes minutes.
given-%:
	@test -n "$($*)" || { echo "error: $*=… is missing; \`make\` shows an example" >&2; exit 2; }

set-up: $(SET_UP) ## make the virtual environment (every other target does it by itself)

$(SET_UP): requirements.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit("error: Python 3.11 to 3.13 is needed, $(PYTHON) is %d.%d; use make PYTHON=python3.12" % v)'
	@echo "setting up: tensorflow, mlflow and the others go into $(VENV), once; some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.lock
	@# pip compiles on one core; some packages bring files that are no Python for this version
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $@

lock: $(SET_UP) ## requirements.txt → requirements.lock: the newest versions that fit, with their hashes
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  requirements.txt --output-file requirements.lock

compare: $(SET_UP) ## train the study STUDY as far as it is not complete, then draw its figures
	@$(BIN)/python -m experiments.compare "$(STUDY)" $(taken_option) $(workers_option); status=$$?; \
	if [ $$status -le 1 ]; then $(BIN)/python -m reports "$(STUDY)" $(data_option) || exit $$?; fi; exit $$status

report: $(SET_UP) ## draw the figures and tables of STUDY from the store; never trains
	@$(BIN)/python -m reports "$(STUDY)" $(data_option)

report-check: $(SET_UP) ## whether the figures and tables of STUDY are of the runs that the store holds now
	@$(BIN)/python -m reports.check "$(STUDY)" $(data_option)

calibrate: $(SET_UP) ## simulate whole studies: how often verdicts are false, what intervals cover; under 5 minutes
	@$(BIN)/python -m reports.calibration --to docs/calibration.md

pages: report ## bring the tables and figures of README.md and docs/answers.md up to date with STUDY
	@$(BIN)/python -m reports.pages "$(STUDY)" $(data_option)

ui: $(SET_UP) ## serve MLflow's pages on http://127.0.0.1:5000 (PORT=… for another)
	@$(BIN)/python -m experiments.ui --port $(PORT)

plan: $(SET_UP) ## what STUDY would still train and how long that takes; trains nothing
	@$(BIN)/python -m experiments.compare "$(STUDY)" $(taken_option) $(workers_option) --dry-run

run: given-MODEL $(SET_UP) ## train one network: make run MODEL=resnet18 [ARGS="--epochs 5 --seed 2"]
	@$(BIN)/python -m experiments.run $(MODEL) $(taken_option) $(ARGS)

predict: given-RUN given-IMAGES $(SET_UP) ## the model of RUN on a folder: make predict RUN=… IMAGES=folder [OUT=predictions.csv]
	@$(BIN)/python -m experiments.predict "$(RUN)" "$(IMAGES)" $(bad_option) $(if $(OUT),--to "$(OUT)")

inspect: $(SET_UP) ## a page about the data of STUDY: classes, splits, duplicates, bad files; trains nothing
	@$(BIN)/python -m experiments.inspection "$(STUDY)" $(taken_option)

diagrams: $(SET_UP) ## structure pictures of every network, in docs/diagrams/
	@$(BIN)/python -m experiments.diagrams $(ARGS)

cost: $(SET_UP) ## parameters, MACs, memory and images/s of every network; trains no study
	@$(BIN)/python -m experiments.cost_table $(ARGS)

smoke: $(SET_UP) ## the whole way in under two minutes, on scikit-learn's digits
	@$(MAKE) --no-print-directory compare STUDY=smoke

export: $(SET_UP) ## pack the event logs of STUDY into exports/STUDY.tar.xz
	@$(BIN)/python -m experiments.export pack "$(STUDY)" $(taken_option)

import: given-FILE $(SET_UP) ## rebuild store, figures and tables from FILE=exports/STUDY.tar.xz
	@study=$$($(BIN)/python -m experiments.export unpack "$(FILE)") && $(BIN)/python -m reports "$$study"

bench: $(SET_UP) ## training throughput in a trial against a bare model.fit, side by side
	@$(BIN)/python -m experiments.bench

bench-report: $(SET_UP) ## how long reports of many trials take, and how much memory
	@PYTHONPATH=. $(BIN)/python tests/reports/large.py

test: $(SET_UP) ## the fast tests
	$(BIN)/python -m pytest -m "not slow and not faults and not fuzz and not browser" --numprocesses 2 --dist loadgroup --no-loadscope-reorder

test-slow: $(SET_UP) ## the tests that take minutes
	$(BIN)/python -m pytest -m slow

test-browser: $(SET_UP) ## the report in Chromium at phone, laptop and print size, with axe; screenshots in test-artefacts/
	@command -v chromium > /dev/null || { echo "error: no chromium here: apt-get install chromium" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-browser.txt
	$(BIN)/python -m pytest -m browser

test-faults: $(SET_UP) ## kills, full disks, locked and stopped stores (SEED=1 is another series of moments)
	FAULT_SEED=$(SEED) $(BIN)/python -m pytest -m faults -s

fuzz: $(SET_UP) ## ten minutes of study files nobody would write
	$(BIN)/python -m pytest -m fuzz

lint: $(SET_UP) ## ruff: format and rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: $(SET_UP) ## let ruff format and mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove caches and figures; never the store or work/
	rm -rf reports/figures .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: ## also remove the store, work/ and the environment, after asking
	@printf 'This deletes every trained result here (mlflow.db, mlartifacts, work/) and $(VENV). Type yes: '; \
	read answer; [ "$$answer" = yes ] || { echo "nothing deleted"; exit 1; }
	$(MAKE) clean
	rm -rf mlflow.db mlartifacts work $(VENV)
