# make demo   不用密钥、不联网，用离线评委比较两份示例回答
# make test   装好一切并跑完全部测试
# make check-bank  检查随包的题库：格式、雷同、配比，并用程序重新推一遍参考答案
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo check-bank test test-quick lint format bench bench-coverage bench-ratings bench-validity bench-local clean

help:
	@sed -n 's/^# //p' Makefile

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "需要 Python 3.11 或更新，当前是 $$($(PYTHON) --version 2>&1)。装好后：make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.core: pyproject.toml $(VENV)/.python
	$(BIN)/python -m pip install -q -e .
	@touch $@

$(VENV)/.test: pyproject.toml $(VENV)/.python
	$(BIN)/python -m pip install -q -e '.[test]'
	@touch $@ $(VENV)/.core

demo: $(VENV)/.core
	@$(BIN)/judge demo

check-bank: $(VENV)/.core
	$(BIN)/judge banks check question_banks/open.jsonl --run-checks $(if $(wildcard ../shared/data/question_sets),--against ../shared/data/question_sets)

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint check-bank
	@.ci/browser
	$(BIN)/pytest -n logical --dist loadfile

test-quick: $(VENV)/.test
	$(BIN)/pytest -n logical --dist loadfile -m 'not postgres and not torch and not browser'

bench-coverage: $(VENV)/.test
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/coverage.py

bench-ratings: $(VENV)/.test
	$(BIN)/python -m pip install -q -e '.[bench]'
	$(BIN)/python benchmarks/ratings.py --peers

bench-validity: $(VENV)/.test
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/validity.py $(if $(DATA),--data $(DATA))

bench-local: $(VENV)/.test
	$(BIN)/python benchmarks/local.py

bench: bench-coverage bench-ratings bench-validity
	$(BIN)/python benchmarks/everyday.py
	$(BIN)/python benchmarks/dispatch.py
	$(BIN)/python benchmarks/review.py

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache dist build
