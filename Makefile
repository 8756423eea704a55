# SPDX-License-Identifier: AGPL-3.0-or-later
# Each target calls one command. `make help` lists them; PORT=8010 make demo uses another port.
PYTHON ?= python3
EMBEDDED = $(PYTHON) -m dinamis.embedded
TEST = $(EMBEDDED) test-env --
COMPILE = ../.venv/bin/uv pip compile --quiet --universal -p 3.11 --generate-hashes --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help demo up down status clean test test-all chaos check bench fmt lock messages

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

demo: ## install what is missing, start the site with its demo data, stay until Ctrl-C
	@$(EMBEDDED) demo

up: ## the same in the background; ends when the site is ready
	@$(EMBEDDED) up

down: ## stop everything this checkout started
	@$(EMBEDDED) down

status: ## what runs: process, pid, memory, address
	@$(EMBEDDED) status

clean: ## stop, then delete the databases, files and logs of this checkout
	@$(EMBEDDED) clean

test: ## the tests worth running before each commit; ARGS="-k ledger" narrows them
	@$(TEST) sh tests/run.sh "not slow" $(ARGS)

test-all: ## every test
	@$(TEST) sh tests/run.sh "slow or not slow" $(ARGS)

chaos: ## two minutes of killed processes: nothing may be lost, nothing done twice
	@$(TEST) pytest -m chaos $(ARGS)

check: ## linters, types, layers, migrations, generated documents, translations
	@$(EMBEDDED) check

bench: ## measure; the figures go to var/bench
	@$(EMBEDDED) test-env --bench -- python -m tests.bench $(ARGS)

fmt: ## format the code and the templates
	@$(TEST) sh -c 'ruff check --quiet --fix . ; ruff format . && djlint --quiet --reformat templates'

lock: ## compile the hashed locks again from requirements/*.in
	@cd requirements && $(COMPILE) base.in -o base.txt && $(COMPILE) test.in -o test.txt && $(COMPILE) bench.in -o bench.txt \
		&& $(COMPILE) clients.in -o clients.txt

messages: ## collect the texts to translate
	@$(TEST) python manage.py makemessages --locale fr --no-obsolete --no-wrap \
		--ignore "node_modules/*" --ignore "static/vendor/*" --ignore ".venv/*" --ignore "var/*"
