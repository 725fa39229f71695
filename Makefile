# Zubr: build, test, demonstrate. `make help` lists the targets.

# One release build serves programs and tests alike.
# Testable, so that programs and tests are the same build.
BUILD := swift build -c release -Xswiftc -enable-testing --explicit-target-dependency-import-check error
BIN := .build/release
# libFoo-dev to build, mosquitto and xz-utils to run and test.
PACKAGES := mosquitto mosquitto-clients libmosquitto-dev libsqlite3-dev libzstd-dev liblzma-dev zlib1g-dev libsimdjson-dev libproj-dev libcurl4-openssl-dev pkg-config xz-utils openssl faketime
# Beyond that to make a package and to try it.
PACKAGING := dpkg-dev systemd

# Installed programs bring the Swift runtime with them, which is another way to compile everything.
STATIC := .build-static
PREFIX ?= /usr
SYSCONFDIR ?= /etc
DESTDIR ?=

.PHONY: help packages build static install deb test-deb security tests demo test test-thread simulation fuzz-build fuzz lint clean

help:
	@echo "make demo     install what is missing, build, and run a fleet of 60 machines on a fast clock"
	@echo "make test     install what is missing, build, and run every test"
	@echo "make test-thread  every test under ThreadSanitizer, programs it starts included"
	@echo "make simulation SEEDS=10000   the simulation tests with so many seeds"
	@echo "make build    programs only, into $(BIN)"
	@echo "make fuzz     every fuzzer for SECONDS (30) each; two at a time"
	@echo "make lint     swift format, strict"
	@echo "make static   programs that bring the Swift runtime with them, for make install"
	@echo "make install  what make static has built: programs, unit, configuration and completions, below PREFIX=$(PREFIX) and SYSCONFDIR=$(SYSCONFDIR)"
	@echo "make deb      a Debian package, into dist/"
	@echo "make test-deb installs, runs, upgrades and removes that package on a system of its own; as root"
	@echo "make security how exposed the unit is, in the words of systemd-analyze"

# Installs only what is missing, and says which; through sudo when not root.
packages:
	@scripts/install-packages $(PACKAGES)

build: packages
	@$(BUILD) --product zubrd
	@$(BUILD) --product zubr
	@$(BUILD) --product zubrsim
	@$(BUILD) --product ZubrPowerCut

demo: build
	@$(BIN)/zubr demo

tests: packages
	@$(BUILD) --build-tests

# The simulation puts a disk of its own under every database of its process, so it has one to itself.
test: tests
	@swift test -c release -Xswiftc -enable-testing --skip-build --skip '^SimulationTests'
	@swift test -c release -Xswiftc -enable-testing --skip-build --filter '^SimulationTests'

# Programs and tests once more with the instruments in. Whatever process finds something writes it into a file of its own.
THREADED := -c release --scratch-path .build-tsan --sanitize=thread -Xswiftc -enable-testing
REPORTS := $(CURDIR)/.build-tsan/reports
EDGES := $(CURDIR)/.build-tsan/edges.so
WATCHED := LD_PRELOAD=$(EDGES) TSAN_OPTIONS="log_path=$(REPORTS)/report exitcode=0"
test-thread: packages
	@swift build $(THREADED) --build-tests
	@"$$(dirname "$$(readlink -f "$$(command -v swift)")")/clang" -O1 -shared -fPIC -o $(EDGES) Tests/ThreadEdges/edges.c
	@rm -rf $(REPORTS) && mkdir -p $(REPORTS)
	@$(WATCHED) swift test $(THREADED) --skip-build --skip '^SimulationTests'
	@$(WATCHED) swift test $(THREADED) --skip-build --filter '^SimulationTests'
	@if ls $(REPORTS)/report.* >/dev/null 2>&1; then cat $(REPORTS)/report.*; exit 1; fi

# One seed alone: make simulation SEED=17
SEEDS ?= 10000
simulation: tests
	@ZUBR_SEEDS=$(SEEDS) ZUBR_SEED=$(SEED) swift test -c release -Xswiftc -enable-testing --skip-build --filter '^SimulationTests'

# The library once more, in C alone: SwiftPM ties it to the Swift runtime, which no server has.
static: packages
	@swift build -c release --scratch-path $(STATIC) --static-swift-stdlib
	@mkdir -p $(STATIC)/release/lib
	@clang -O2 -fPIC -shared -I Simulator/CPowerCut/include Simulator/CPowerCut/PowerCut.c -o $(STATIC)/release/lib/libZubrPowerCut.so

# Not built here: this runs as root, and a build as root leaves files that nobody else can replace.
install:
	@test -x $(STATIC)/release/zubrd || { echo "make install: nothing is built yet; run \`make static\` first, as yourself" >&2; exit 1; }
	@scripts/install-files $(STATIC)/release "$(DESTDIR)" "$(PREFIX)" "$(SYSCONFDIR)"

deb: static
	@scripts/install-packages $(PACKAGING)
	@scripts/build-deb $(STATIC)/release

test-deb: deb
	@scripts/test-deb dist/*.deb

security:
	@scripts/install-packages $(PACKAGING)
	@systemd-analyze security --no-pager --offline=true --threshold=12 systemd/zubrd.service

# A package of its own, because the instruments would slow the programs down.
fuzz-build: packages
	@cd Fuzzing && swift build -c release --scratch-path ../.build-fuzz -Xswiftc -enable-testing \
		--sanitize=fuzzer --sanitize=address -Xswiftc -sanitize=fuzzer,address

SECONDS := 30
fuzz: fuzz-build
	@scripts/fuzz $(SECONDS)

lint:
	@swift format lint --strict --recursive Package.swift Sources Simulator Tests Fuzzing/Package.swift Fuzzing/Fuzzers

clean:
	@rm -rf .build $(STATIC) .build-fuzz .build-tsan dist var
