# Two commands are enough on a new machine: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test check rulebook lint audit lock

run: $(VENV)/run.done ## answer questions: web page on localhost, Telegram when there is a token
	$(BIN)/python -m bot run

test: $(VENV)/test.done ## every test
	$(BIN)/python -m pytest

rulebook: $(VENV)/run.done ## only the rulebook check
	$(BIN)/python -m bot check

check: lint ## lint, types, layers, rulebook
	$(BIN)/python -m bot check

lint: $(VENV)/test.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: $(VENV)/test.done ## known weaknesses of the packages the program runs with
	$(BIN)/python -m tests.audit

lock: $(VENV)/test.done ## after a change of the dependencies in pyproject.toml
	$(BIN)/pip install -q uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements.txt
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o tests/requirements.txt

$(VENV)/run.done: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Perlu Python 3.11 atau lebih baru.")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

$(VENV)/test.done: $(VENV)/run.done tests/requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/requirements.txt
	touch $@
