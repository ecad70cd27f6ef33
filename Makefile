.DEFAULT_GOAL := help
.PHONY: help test

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

node_modules/.package-lock.json: package-lock.json
	@npm ci
	@touch $@

test: node_modules/.package-lock.json ## Check types and style, and run every test
	npx tsc
	npx biome check
	npx vitest run
