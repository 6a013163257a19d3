# What a person types; everything longer stands in scripts/.

SHELL := /bin/bash
.PHONY: help deps build release demo test lint coverage sanitize fuzz chaos bench papers install uninstall deb
.PHONY: test-systemd check-all clean

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

papers: release ## Make the manual pages and the completions
	scripts/papers/papers.py .build/release .build/papers

install: papers ## Lay all of it below PREFIX (/usr/local), and DESTDIR before that
	scripts/install.sh .build/release

uninstall:      ## Take it away again; configuration and state stay
	scripts/install.sh --remove .build/release

deb: release    ## Make the packages for Debian and an archive for others, in .build/packages
	@scripts/deps.sh packages
	scripts/deb.sh .build/release

test-systemd: deb   ## Install, upgrade, kill and remove the packages in a booted container; as root
	@scripts/deps.sh systemd
	scripts/systemd/test.sh .build/packages

check-all: lint test sanitize fuzz chaos bench test-systemd   ## Everything; takes hours

clean:          ## Remove what was built
	rm -rf .build Benchmarks/.build
