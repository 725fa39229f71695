# Zubr: build, test, demonstrate. `make help` lists the targets.

# One release build serves programs and tests alike.
# Testable, so that programs and tests are the same build.
BUILD := swift build -c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error
BIN := .build/release
# libFoo-dev to build, mosquitto and xz-utils to run and test.
PACKAGES := mosquitto mosquitto-clients libmosquitto-dev libsqlite3-dev libsimdjson-dev libproj-dev libcurl4-openssl-dev pkg-config xz-utils openssl

.PHONY: help packages build tests demo test simulation lint clean

help:
	@echo "make demo     install what is missing, build, and run a fleet of 60 machines on a fast clock"
	@echo "make test     install what is missing, build, and run every test"
	@echo "make simulation SEEDS=10000   the simulation tests with so many seeds"
	@echo "make build    programs only, into $(BIN)"
	@echo "make lint     swift format, strict"

# Installs only what is missing, and says which; through sudo when not root.
packages:
	@scripts/install-packages $(PACKAGES)

build: packages
	@$(BUILD) --product zubrd
	@$(BUILD) --product zubr
	@$(BUILD) --product zubrsim

demo: build
	@$(BIN)/zubr demo

tests: packages
	@$(BUILD) --build-tests

test: tests
	@swift test -c release -Xswiftc -enable-testing --skip-build

# One seed alone: make simulation SEED=17
SEEDS ?= 10000
simulation: tests
	@ZUBR_SEEDS=$(SEEDS) ZUBR_SEED=$(SEED) swift test -c release -Xswiftc -enable-testing --skip-build --filter '^SimulationTests'

lint:
	@swift format lint --strict --recursive Package.swift Sources Simulator Tests

clean:
	@rm -rf .build var
