.DEFAULT_GOAL := help
.PHONY: help up preview down explain logs psql env clean test test-long

STACK ?= dev
CLI = node_modules/.bin/tsx tools/cli.ts --stack $(STACK)

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

node_modules/.package-lock.json: package.json package-lock.json
	@command -v node > /dev/null || { echo "Node.js is needed: https://nodejs.org/en/download" >&2; exit 1; }
	@node tools/check-node.js
	@echo "Installing npm packages" >&2
	@npm ci --loglevel=error >&2
	@touch $@

up: node_modules/.package-lock.json ## Run the stack (STACK=dev) and wait until it is ready; sets up what is missing
	@$(CLI) up

preview: node_modules/.package-lock.json ## Say what an update would do: restarts, data, sizes, cost; changes nothing
	@$(CLI) setup >&2
	@$(CLI) preview

down: node_modules/.package-lock.json ## Stop everything, keep the data
	@$(CLI) down

explain: node_modules/.package-lock.json ## Explain every number of the stack's plan: make explain ARGS='--why postgres.maxConnections'
	@node tools/explain.js $(if $(filter-out file default,$(origin STACK)),--stack $(STACK)) $(ARGS)

logs: node_modules/.package-lock.json ## Follow the logs of all services, or of one: make logs SERVICE=postgres
	@$(CLI) logs $(SERVICE)

psql: node_modules/.package-lock.json ## Open psql in the database container
	@$(CLI) psql

env: node_modules/.package-lock.json ## Print what plain pulumi needs: eval "$$(make env)"
	@$(CLI) setup >&2
	@$(CLI) env

clean: node_modules/.package-lock.json ## Remove what `make up` made; asks before data
	@$(CLI) clean

test: node_modules/.package-lock.json ## Check types and style, and run every test; sets up what is missing
	node_modules/.bin/tsc
	node_modules/.bin/biome check
	node_modules/.bin/vitest run

test-long: node_modules/.package-lock.json ## Run what takes an hour and more: a million plans, a quarter of an hour of tasks under deploys, each rule changed to see that a test notices
	npm run test:deep
	npm run test:soak
	npm run test:mutation
