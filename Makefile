# What a person types; everything longer stands in scripts/.

SHELL := /bin/bash
.PHONY: help deps build release demo test lint coverage sanitize fuzz chaos bench check-all clean

help:           ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps:           ## Install what is missing of Debian's packages
	@scripts/deps.sh

build: deps     ## Build the programs for trying them out
	swift build

release: deps   ## Build the programs for use
	swift build -c release --static-swift-stdlib

demo: build     ## Private broker, agent, one remote command, its answer; leaves nothing behind
	@scripts/demo.sh "$$(swift build --show-bin-path)"

test: deps      ## Run every test
	scripts/test.sh

lint:           ## Check the form of the code
	swift format lint --strict --recursive Package.swift Sources Tests Fuzz
	@echo "lint: clean"

coverage: deps  ## Run every test and print which part of the sources was reached
	scripts/coverage.sh

sanitize: deps  ## Run every test under the thread and the address sanitizer
	scripts/sanitize.sh thread
	scripts/sanitize.sh address

fuzz: deps      ## Give every reader of foreign input to libFuzzer, 10 minutes each (FUZZ_SECONDS)
	scripts/fuzz.sh

chaos: deps     ## Kill, cut, fill and confuse everything for hours; writes the table in docs/reliability.md
	scripts/chaos.sh

bench: release  ## Measure against the reference and write the table in docs/performance.md
	python3 Benchmarks/bench.py --bin .build/release --markdown docs/performance.md

check-all: lint test sanitize fuzz chaos bench   ## Everything; takes hours

clean:          ## Remove what was built
	rm -rf .build Benchmarks/.build
