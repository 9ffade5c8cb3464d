# Run `make` for the list of targets.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
SET_UP := $(VENV)/set-up
GPU_SET_UP := $(VENV)/set-up-gpu

export MLFLOW_DISABLE_TELEMETRY := true
export PYTHONUNBUFFERED := 1
# tensorflow would open every command with lines that concern nobody.
export TF_CPP_MIN_LOG_LEVEL ?= 3

# A misspelt variable would be ignored, and something else trained. Which target takes which, the commands know.
KNOWN := STUDY DATA PRECISION ON_BAD NEAR_DUPLICATES LINKS GROUPS WORKERS DEVICES GPU KEEP_MODELS UNTIL SEEDS MINUTES MODEL RUN ARM IMAGES OUT FILE PORT SEED ARGS
given := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
given := $(sort $(filter-out MAKE% MFLAGS -%% SHELL PYTHON VENV MLFLOW_% TF_% KERAS_% CUDA_% PIP_% UV_%,$(given)))
unknown := $(filter-out $(KNOWN),$(given))
$(if $(unknown),$(error make takes no $(unknown); it takes $(KNOWN)))
empty := $(foreach name,$(given),$(if $(strip $($(name))),,$(name)))
$(if $(strip $(empty)),$(error $(firstword $(empty))= is empty; give it a value or leave it out))

# As the commands have it where nobody names a study: photographs of one's own have one of theirs.
STUDY := $(if $(filter DATA,$(given)),$(if $(filter path:%,$(firstword $(DATA))),photographs,compare),compare)

quoted = '$(subst ','\'',$(1))'
# `make plan STUDY=depth WORKERS=1 ARGS=--smoke` is `python -m experiments plan STUDY=depth WORKERS=1 --smoke`.
# What stands in the environment under these names is somebody else's.
arguments = $(if $(filter ARGS,$(given)),$(ARGS))
passed = $(foreach name,$(filter-out ARGS,$(given)),$(call quoted,$(name)=$($(name)))) $(arguments)
# Targets without a command that would refuse the others itself.
takes = $(if $(filter-out $(1) ARGS,$(given)),@echo "error: $@ takes no $(filter-out $(1) ARGS,$(given)); it takes $(or $(1),no variable)" >&2; exit 2)
study = $(call quoted,$(STUDY)) $(if $(filter DATA,$(given)),--data $(call quoted,$(DATA))) $(if $(filter PRECISION,$(given)),--precision $(call quoted,$(PRECISION))) $(if $(filter MINUTES,$(given)),--minutes $(call quoted,$(MINUTES)))
# A tiny or dry study, or one in another store, is not the one that a report would be drawn of.
elsewhere = $(filter --smoke --dry-run --store --store=%,$(arguments))
# Told before minutes of set-up; options of the command itself may name it, or ask for help.
needs = $(if $(filter $(1),$(MAKECMDGOALS)),$(if $(filter $(2) ARGS,$(given)),,$(error make $(1) needs $(2)=$(3))))
$(call needs,run,MODEL,resnet18)
$(call needs,predict,RUN,the id of a run or trial)
$(call needs,predict,IMAGES,folder)
$(call needs,import,FILE,exports/compare.tar.xz)
ours := $(BIN)/python -m experiments
reports := $(BIN)/python -m reports

.DEFAULT_GOAL := help
.PHONY: help set-up lock compare report report-check calibrate pages doctor ui plan run predict deliver inspect diagrams cost smoke export import bench test test-slow near-copies test-browser test-faults fuzz lint format clean distclean

help: ## list the targets
	$(call takes,)
	@echo "make TARGET [STUDY=compare] [DATA=fashion_mnist|digits|path:FOLDER] [PRECISION=float32|bfloat16] [WORKERS=2] [KEEP_MODELS=all|best|none] [ON_BAD=stop|skip] [NEAR_DUPLICATES=together|apart] [LINKS=refuse|follow] [GROUPS=folders|none] [ARGS=…]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

set-up: $(SET_UP) $(if $(filter GPU,$(given)),$(GPU_SET_UP)) ## make the virtual environment, as other targets do by themselves (GPU=1: with CUDA's libraries)
	$(call takes,GPU)

$(GPU_SET_UP): $(SET_UP) requirements-gpu.lock
	@echo "setting up: NVIDIA's libraries go into $(VENV) too, 3 GB, once; some minutes"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements-gpu.lock
	@touch $@

$(SET_UP): requirements.lock requirements-pretrained.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit("error: Python 3.11 to 3.13 is needed, $(PYTHON) is %d.%d; use make PYTHON=python3.12" % v)'
	@echo "setting up: tensorflow, mlflow and the others go into $(VENV), once; some minutes"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --requirement requirements-pretrained.lock
	@# pip compiles on one core; some packages bring files that are no Python for this version
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@touch $@

lock: $(SET_UP) ## requirements.txt → requirements.lock: the newest versions that fit, with their hashes; the same for GPUs
	$(call takes,)
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  requirements.txt --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  requirements-gpu.txt --constraint requirements.lock --output-file requirements-gpu.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  requirements-pretrained.txt --output-file requirements-pretrained.lock

compare: $(SET_UP) ## train the study STUDY as far as it is not complete, then draw its figures (UNTIL=decided [SEEDS=20] [MINUTES=…]: more seeds, at planned looks)
	@$(ours) compare $(passed); status=$$?; \
	$(if $(elsewhere),,if [ $$status -le 1 ]; then $(reports) draw $(study) || exit $$?; fi;) exit $$status

report: $(SET_UP) ## draw the figures and tables of STUDY from the store; never trains
	$(call takes,STUDY DATA PRECISION MINUTES)
	@$(reports) draw $(study) $(arguments)

report-check: $(SET_UP) ## whether the figures and tables of STUDY are of the runs that the store holds now
	$(call takes,STUDY DATA PRECISION MINUTES)
	@$(reports) check $(study) $(arguments)

calibrate: $(SET_UP) ## how often verdicts are false and what intervals cover, by simulation and real learners; under half an hour
	$(call takes,)
	@$(BIN)/python -m experiments.data.prepare fashion_mnist >/dev/null
	@$(reports) calibrate --to docs/calibration.md $(arguments)

pages: report ## bring the tables and figures of README.md and docs/answers up to date with STUDY
	@$(reports) pages $(study)

doctor: $(SET_UP) ## what this machine has for training (processor, memory, GPUs, libraries), and what to do
	@$(ours) doctor $(passed)

ui: $(SET_UP) ## serve MLflow's pages on http://127.0.0.1:5000 (PORT=… for another)
	@$(ours) ui $(passed)

plan: $(SET_UP) ## what STUDY would still train and how long that takes; trains nothing
	@$(ours) plan $(passed)

run: $(SET_UP) ## train one network: make run MODEL=resnet18 [ARGS="--epochs 5 --seed 2"]
	@$(ours) run $(passed)

predict: $(SET_UP) ## the model of RUN on a folder: make predict RUN=… IMAGES=folder [OUT=predictions.csv]
	@$(ours) predict $(passed)

deliver: $(SET_UP) ## the model of RUN, or of ARM its best, in a folder to hand over, measured again from there: make deliver RUN=… [OUT=folder]
	@$(ours) deliver $(passed)

inspect: $(SET_UP) ## a page about the data of STUDY: classes, splits, duplicates, bad files; trains nothing
	@$(ours) inspect $(passed)

diagrams: $(SET_UP) ## structure pictures of every network, in docs/diagrams/
	@$(ours) diagrams $(passed)

cost: $(SET_UP) ## parameters, MACs, memory and images/s of every network; trains no study
	@$(ours) cost $(passed)

smoke: $(SET_UP) ## the whole way in under two minutes, on scikit-learn's digits
	$(call takes,DATA ON_BAD NEAR_DUPLICATES LINKS GROUPS WORKERS KEEP_MODELS)
	@$(MAKE) --no-print-directory compare STUDY=smoke

export: $(SET_UP) ## pack the event logs of STUDY into exports/STUDY.tar.xz
	@$(ours) export $(passed)

import: $(SET_UP) ## rebuild store, figures and tables from FILE=exports/STUDY.tar.xz
	@study=$$($(ours) import $(passed)) && $(reports) draw "$$study"

bench: $(SET_UP) ## how fast this is, by ratios: training, a study, plans, reports, resuming; a quarter of an hour
	@$(ours) bench $(passed)

test: $(SET_UP) ## the fast tests
	$(call takes,)
	$(BIN)/python -m pytest -m "not slow and not faults and not fuzz and not browser" --numprocesses 2 --dist loadgroup --no-loadscope-reorder

test-slow: $(SET_UP) ## the tests that take minutes
	$(call takes,)
	$(BIN)/python -m pytest -m slow

near-copies: $(SET_UP) ## how many planted copies are found and how many look-alikes flagged, by kind, on unlike sets; PHOTOGRAPHS=folder in the environment names the one of photographs
	$(call takes,)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-near-copies.txt
	$(BIN)/python -m pytest -m slow --capture=no tests/experiments/data/near_copies/test_search.py

test-browser: $(SET_UP) ## the report in Chromium at phone, laptop and print size, with axe; screenshots in test-artefacts/
	$(call takes,)
	@command -v chromium > /dev/null || { echo "error: no chromium here: apt-get install chromium" >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-browser.txt
	$(BIN)/python -m pytest -m browser

test-faults: $(SET_UP) ## kills, full disks, locked and stopped stores (SEED=2 is another series of moments)
	$(call takes,SEED)
	FAULT_SEED=$(if $(filter SEED,$(given)),$(SEED),1) $(BIN)/python -m pytest -m faults -s

fuzz: $(SET_UP) ## ten minutes of study files nobody would write, and 1,000 folders and lists of oddities mixed
	$(call takes,)
	$(BIN)/python -m pytest -m fuzz

lint: $(SET_UP) ## ruff: format and rules; import-linter: who may import whom
	$(call takes,)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo

format: $(SET_UP) ## let ruff format and mend
	$(call takes,)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove caches and figures; never the store or work/
	$(call takes,)
	rm -rf reports/figures .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: ## also remove the store, work/ and the environment, after asking
	$(call takes,)
	@printf 'This deletes every trained result here (mlflow.db, mlartifacts, work/) and $(VENV). Type yes: '; \
	read answer; [ "$$answer" = yes ] || { echo "nothing deleted"; exit 1; }
	$(MAKE) clean
	rm -rf mlflow.db mlartifacts work $(VENV)
