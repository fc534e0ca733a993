# setup: .venv with everything installed   demo: the application on synthetic patients
# test: everything tested   lint: ruff and mypy   bench: the promises, measured

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# pip's installed-already lines say nothing; its progress bars do.
QUIET_PIP := --quiet --constraint constraints.txt

BUILD_INPUTS := pyproject.toml setup.py constraints.txt \
	$(wildcard App/widget/contour_module/c_geometry/*.p*)
SETUP_DONE := $(VENV)/.setup-done
TEST_SETUP_DONE := $(VENV)/.test-setup-done

.PHONY: setup demo test lint bench clean
.DELETE_ON_ERROR:

setup: $(SETUP_DONE)

$(SETUP_DONE): $(BUILD_INPUTS) scripts/system-packages
	@PYTHON=$(PYTHON) scripts/system-packages
	@test -x $(BIN)/python || { echo "Creating $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing packages into $(VENV) (some 1.9 GB with PyTorch; minutes, the first time)"
	@$(PIP) install $(QUIET_PIP) setuptools wheel Cython numpy torch
	@$(PIP) install $(QUIET_PIP) --no-build-isolation --editable '.[mongod]'
	@touch $@

$(TEST_SETUP_DONE): $(SETUP_DONE)
	@PYTHON=$(PYTHON) scripts/system-packages test
	@$(PIP) install $(QUIET_PIP) --no-build-isolation --editable '.[mongod,test]'
	@touch $@

demo: $(SETUP_DONE)
	@$(BIN)/sbmir demo

test: $(TEST_SETUP_DONE)
	$(BIN)/python -m pytest -m "" --numprocesses 2 --dist loadfile

lint: $(TEST_SETUP_DONE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(TEST_SETUP_DONE)
	@$(PIP) install $(QUIET_PIP) --no-build-isolation --editable '.[mongod,test,bench]'
	@for benchmark in benchmarks/bench_*.py; do $(BIN)/python $$benchmark || exit 1; done

clean:
	rm -rf $(VENV) build *.egg-info
	find App -name '*.so' -delete
