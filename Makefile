# The two commands of the README, in front of CMake: `make run` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
PRESET ?= release
MODEL ?= tiny.en
AUDIO ?= samples/product-review.m4a
TIME ?= 60
MEETINGS ?= ../shared/data/meetings
export HANSARD_PREFIX ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hansard

build_dir = build/$(PRESET)
hansard = build/release/hansard

.PHONY: help run serve add build model test sanitize damage slow-clients mutations bench bench-understanding train install package package-test reproducible-test clean packages packages-test whisper servers vectors axe api-fuzz fuzz analyze coverage mcdc valgrind packages-check simulate

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 18

run: add ## install, build, get the model, process AUDIO (a sample meeting by default), serve the page
	$(hansard) serve

add: build model
	@setup/first-meeting.sh $(hansard) "$(AUDIO)"

serve: build model ## serve the page at http://127.0.0.1:8080
	$(hansard) serve

packages:
	@setup/packages.sh build

packages-test:
	@setup/packages.sh test

packages-check:
	@setup/packages.sh check

whisper: packages
	@setup/whisper.sh >/dev/null

build: whisper ## the program: build/release/hansard
	@setup/build.sh $(PRESET)

model: build ## the speech model: MODEL=tiny.en (default) or base (other languages, better words)
	@HANSARD_BIN=$(hansard) setup/model.sh $(MODEL)

servers: packages-test ## the servers that the tests run against: S3 by two makers, DynamoDB Local, moto
	@setup/servers.sh >/dev/null

vectors: packages-test
	@setup/vectors.sh >/dev/null

axe: packages-test
	@setup/axe.sh >/dev/null

test: packages-test build model servers vectors axe ## everything: unit, contract and end-to-end tests, gcc and clang, with the sanitizers
	@setup/test.sh

simulate: build ## servers and workers over a bucket that fails, 1,000 seeds in order (SEEDS=100000: so many; SEED=N replays one; SIM_TRACE=1 tells all)
	@SEED=$(SEED) SEEDS=$(SEEDS) FROM=$(FROM) build/release/tests/operate-simulate_test -p /simulate/seeds

damage: build ## 10,000 random damages to a store of 1,000 meetings: all named, all mended that can be (SEED=N replays)
	@HANSARD_BIN=$(CURDIR)/$(hansard) python3 -B tests/e2e/damage_test.py --full $(if $(SEED),--seed $(SEED))

slow-clients: build ## 1,000 slow clients in each of slowhttptest's modes, for longer than the server's patience
	@HANSARD_BIN=$(CURDIR)/$(hansard) python3 -B tests/e2e/slow_clients_test.py --full

mutations: packages-test whisper ## break each promise in a scratch copy, and see that its test fails (ONLY=word takes some)
	@python3 -B tests/mutations/run.py $(ONLY)

api-fuzz: build servers ## the interface against its description, at length: schemathesis, EXAMPLES=200 of each operation
	@HANSARD_BIN=$(CURDIR)/$(hansard) python3 -B tests/e2e/schemathesis_test.py --full $(EXAMPLES)

fuzz: packages-test whisper ## libFuzzer over every parser of outside bytes: TIME=60 seconds each, TARGET=name for one alone
	@setup/fuzz.sh $(TIME) $(TARGET)

analyze: packages-check build ## gcc's analyzer, clang-tidy and cppcheck over src/: clean, but for what stands with its reason
	@setup/analyze.sh

coverage: packages-check model servers vectors ## lines and branches of src/ that the tests reach, a folder at a time; then mcdc
	@setup/coverage.sh

mcdc: packages-check whisper vectors ## branches and MC/DC of what commits, deletes, leases and signs: fails below 100 %
	@setup/mcdc.sh

valgrind: packages-check whisper ## the unit tests of parsers and stores, and the fuzz corpora, under valgrind's memcheck
	@setup/valgrind.sh

bench: packages build model ## speed and memory against peers in the same run
	@bench/run.sh

bench-understanding: build model ## how well it understands: items, owners, dates, summary on meetings in MEETINGS, then words beside other recognisers
	@HANSARD_BIN=$(hansard) python3 -B bench/understanding.py --data "$(MEETINGS)"
	@HANSARD_BIN=$(hansard) bench/speech.sh

bench-cross-validation: build ## action items and owners on all training meetings, each read by a model that has not seen it; some 25 minutes
	@setup/packages.sh train
	@OPENBLAS_NUM_THREADS=1 python3 -B bench/cross_validation.py --data "$(MEETINGS)"

train: ## train the offline extractor's model again from MEETINGS: src/extract/model.bin, the same bytes
	@setup/packages.sh train
	@OPENBLAS_NUM_THREADS=1 python3 -B training/train.py --data "$(MEETINGS)"

install: build model ## the program in its places: PREFIX=/usr/local, DESTDIR=
	@cmake --install build/release --prefix "$(or $(PREFIX),/usr/local)"

package: ## Debian packages of the program and the speech model: build/packages
	@setup/package.sh build/packages

package-test: ## installs, upgrades and removes those packages on a clean Debian 12 (as root)
	@setup/package-test.sh

reproducible-test: ## builds the packages twice, in two folders: the same bytes
	@setup/reproducible-test.sh

clean: ## remove what was built here (the prefix with whisper.cpp and models stays)
	rm -rf build
