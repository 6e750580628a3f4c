# One command for each thing that people do with a checkout. `make` alone lists them.

PYTHON := .venv/bin/python
# What reads the code must not need a database or a secret.
BARE := ANDON_ENV=test SECRET_KEY=check DATABASE_URL=postgres://nobody@nowhere/none REDIS_URL=

.PHONY: help run test check drill drill-exposure drill-restore model bench chaos chaos-short chaos-long screens lock clean
.SILENT:
.DELETE_ON_ERROR:

help:
	sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 16

run: .venv/.embedded ## start Andon on this machine with its demo; PORT=8000 [OPTIONS=--no-demo]
	exec $(PYTHON) -m config.launch run $(OPTIONS)

# File by file in the order of tests/order.py: xdist's own starts with those that hold most tests,
# and the longest files hold the fewest.
ALL_TESTS := -q -n auto --dist loadfile --no-loadscope-reorder

test: .venv/.dev ## run the tests; ARGS="-k pause -x", BROWSER=no leaves the browser tests out
	[ "$(BROWSER)" = no ] || .ci/browser
	$(PYTHON) -m pytest $(if $(filter no,$(BROWSER)),-m "not browser") $(or $(ARGS),$(ALL_TESTS))

drill: .venv/.embedded ## start an Andon of its own and stop 50 collectors through the whole chain
	$(PYTHON) -m config.drill $(ARGS)

drill-exposure: .venv/.embedded ## grant too much in a store: does Andon find, pause and page by itself?
	$(PYTHON) -m config.drill.exposure $(ARGS)

drill-restore: .venv/.embedded ## back up, lose everything, restore, and page once who was to be paged
	$(PYTHON) -m config.backup.drill

model: .venv/.dev ## search every order of events for one that breaks the promise of a pause
	$(PYTHON) -m bench.model

bench: .venv/.dev ## measure what docs/ promises
	PYTHONPATH=sdk:$(PEERS) $(PYTHON) -m bench $(ARGS)

chaos: .venv/.dev ## kill processes and servers under load and look for what was lost
	$(PYTHON) -m bench.chaos $(ARGS)
	$(PYTHON) -m bench.trials $(TRIALS)
	$(PYTHON) -m bench.chaos.steps --faults all --steps 1500 --kills 60 $(STEPS)

chaos-short: .venv/.dev ## page people while all that can be killed is killed: 300 steps, 30 kills
	$(PYTHON) -m bench.chaos.steps $(STEPS)

# Runbooks and levels that nobody finds out ask for as many steps again as reports do.
chaos-long: .venv/.dev ## the same for an hour: 30,000 steps, 500 kills, and all else that can break
	$(PYTHON) -m bench.chaos.steps --faults all --steps 16000 --rate 5 --kills 500 --per-incident 20 --wait 2 $(STEPS)

screens: .venv/.dev ## take a picture of every page
	.ci/browser
	$(PYTHON) -m bench.screens $(ARGS)

# --- What must hold before a commit: one line each, the first failure ends it

define holds
printf '%-24s' '$(1)'; \
said=$$($(2) 2>&1) && echo ok || { echo FAILED; printf '%s\n' "$$said" "$(1) failed: $(2)"; exit 1; }
endef

check: .venv/.dev ## format, lint, types, imports, templates, migrations
	$(call holds,ruff format,.venv/bin/ruff format --check .)
	$(call holds,ruff check,.venv/bin/ruff check .)
	$(call holds,mypy,$(BARE) $(PYTHON) -m mypy .)
	$(call holds,import-linter,.venv/bin/lint-imports)
	$(call holds,djlint format,.venv/bin/djlint templates --check)
	$(call holds,djlint rules,.venv/bin/djlint templates --lint --quiet)
	$(call holds,migrations,$(BARE) $(PYTHON) -W ignore manage.py makemigrations --check --dry-run)

# --- The virtual environment: newest Python from 3.11 on, everything from the locks, by hash

PYTHONS := python3.14 python3.13 python3.12 python3.11 python3 python
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))

# A Python that was removed or upgraded leaves links that lead nowhere.
LIVES := [ -x $(PYTHON) ] && $(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null
ifneq ($(shell $(LIVES) && echo yes),yes)
.PHONY: .venv/.uv
endif

.venv/.uv: requirements/bootstrap.lock
	$(LIVES) && exit; \
	found=; \
	for each in $(PYTHONS); do \
	  command -v "$$each" >/dev/null && "$$each" -c '$(NEW_ENOUGH)' 2>/dev/null || continue; found=$$each; \
	  "$$each" -c 'import venv, ensurepip' 2>/dev/null && break; \
	done; \
	[ "$$found" ] || { echo 'Andon needs Python 3.11 or newer, and none was found.' >&2; exit 1; }; \
	echo "Making .venv with $$("$$found" --version), once" >&2; \
	"$$found" -m venv --clear .venv >/dev/null 2>&1 || { rm -rf .venv; \
	  echo "$$found cannot make a virtual environment. On Debian and Ubuntu:" \
	    "apt-get install python3-venv" >&2; exit 1; }
	# Without uv pip installs the same, at a quarter of the speed.
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $< \
	  2>.venv/uv.log || true
	touch $@

.venv/.%: requirements/%.lock .venv/.uv
	echo "Installing $<, once" >&2
	.venv/bin/uv pip install --quiet --python $(PYTHON) --require-hashes -r $< 2>.venv/uv.log \
	  || $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

UV_LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url --upgrade

lock: .venv/.uv ## take the newest versions that pyproject.toml allows into requirements/*.lock
	$(UV_LOCK) requirements/bootstrap.in --output-file requirements/bootstrap.lock
	$(UV_LOCK) pyproject.toml --output-file requirements/run.lock
	$(UV_LOCK) pyproject.toml --extra s3 --output-file requirements/s3.lock
	$(UV_LOCK) pyproject.toml --extra telemetry --output-file requirements/telemetry.lock
	$(UV_LOCK) pyproject.toml --extra embedded --output-file requirements/embedded.lock
	$(UV_LOCK) pyproject.toml --extra embedded --group dev --output-file requirements/dev.lock

clean: ## remove what make made; var/, with its data, stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis staticfiles
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +
	[ ! -d var ] || echo 'var/ is kept: it holds the data of your Andon.'
