# What people and CI run. The build cache stands outside the checkout, so that a fresh clone reuses it.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/headgate/target
CARGO ?= cargo

.PHONY: help build test demo bench lint fmt docs lab contract

help: ## Shows this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

build: ## Builds the release binary
	$(CARGO) build --release --locked
	@echo "$(CARGO_TARGET_DIR)/release/headgate"

test: ## Everything: format, lints, docs, licences, tests; real Kafka included
	@scripts/test.sh

demo: ## Headgate at work on a real Kafka of its own, or in memory without Java (DEMO_ONCE=1: walks through and exits)
	@scripts/prepare.sh || echo "going on without what is missing: the demo leaves it out, or plays in memory"
	@echo "building; the first time this takes some minutes"
	@$(CARGO) run --release --locked --quiet -- demo

bench: ## The figures of docs/BENCHMARKS.md, measured on this machine
	@scripts/prepare.sh
	$(CARGO) bench --locked --bench bench

lint: ## Format and lints only
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets --locked --no-deps -- -D warnings

docs: ## Rewrites what is generated: schema, references, golden files
	UPDATE_GOLDEN=1 $(CARGO) test --locked --test all -- --test-threads=2

LAB ?= --production
lab: ## A real Kafka on loopback as in production, until Ctrl-C (LAB="--brokers 3": another one, LAB=--platform: Connect and registry too)
	@scripts/prepare.sh
	$(CARGO) run --release --locked --quiet -- lab $(LAB)
