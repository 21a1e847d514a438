# Needs make and Python 3.11 to 3.14, and nothing else. PYTHON=/path/to/python chooses one.
PYTHON ?= python3
UV = 0.13.9
SYNC = uv sync --frozen --extra local --inexact --quiet
LOCAL = .venv/bin/python -m config.local
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: demo demo-reset run test lint bench mutants linters suite
demo: .venv/stamp  # everything up, with a demo that explains itself; stays up until Ctrl-C
	@$(LOCAL) demo
demo-reset: .venv/stamp  # remove what the local PostgreSQL has kept
	@$(LOCAL) reset
run: .venv/stamp  # the same as demo, without demo data
	@$(LOCAL) run
test: .venv/stamp  # lint and the whole suite, on throw-away servers
	@$(LOCAL) test $(MAKE) --no-print-directory linters suite
lint: .venv/stamp
	@$(LOCAL) test $(MAKE) --no-print-directory linters
bench: .venv/stamp
	@DJANGO_SETTINGS_MODULE=tests.settings python -m tests.benchmarks $(if $(ONLY),--only $(ONLY))
mutants: .venv/stamp  # break the fulfilment core in every small way, and show what no test notices
	@$(SYNC) --group mutation 2>/dev/null || UV_SYSTEM_CERTS=1 $(SYNC) --group mutation
	@$(LOCAL) test mutmut run || true; mutmut results

linters:
	ruff check --quiet . && ruff format --quiet --check .
	mypy .
	lint-imports
	python manage.py makemigrations --check
	python manage.py check --fail-level WARNING
	DEBUG=false SECRET_KEY=$$(python -c 'import secrets; print(secrets.token_hex(50))') python manage.py check --deploy --fail-level WARNING
	python manage.py spectacular --validate --fail-on-warn --file /dev/null
	djlint --quiet --lint templates
suite:  # what drives a browser, or kills servers and workers, runs apart
	pytest -q -n 2 -m "not faults and not browser"
	pytest -q -m browser -rs
	pytest -q -m faults

.venv/stamp: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
	  { echo "Quartermaster needs Python 3.11 to 3.14 with venv: install it (on Debian also python3-venv), or name one with PYTHON=/path/to/python"; exit 1; }
	@echo "Making .venv from uv.lock"; test -x .venv/bin/pip || $(PYTHON) -m venv --clear .venv
	@python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	@$(SYNC) 2>/dev/null || UV_SYSTEM_CERTS=1 $(SYNC)
	@touch $@
