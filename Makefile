# SPDX-License-Identifier: MIT
# The front door. Meson is the build; each target here installs the Debian packages it lacks
# (packages.txt) and calls Meson or a script. "make help" lists the targets.

PREFIX ?= /usr/local
LIBDIR ?= lib
PORT ?= 8307
BUILD := build

# _FORTIFY_SOURCE, stack protector and RELRO stand in meson.build: they hold for every build.
RELEASE := --buildtype=release -Dtests=false -Db_pie=true -Db_lto=true

.DEFAULT_GOAL := all
.PHONY: all run test lint fuzz bench install clean help

all: ## the optimised program, at build/detour
	@scripts/deps build
	@test -f $(BUILD)/build.ninja || meson setup $(BUILD) $(RELEASE) --prefix=$(PREFIX) --libdir=$(LIBDIR)
	@ninja -C $(BUILD)

run: all ## all, then serve examples/news.rules on 127.0.0.1 (PORT=8307) until Ctrl-C
	@scripts/deps run
	@scripts/run $(PORT)

test: ## all tests under ASan and UBSan (T="name..." runs only those)
	@scripts/deps build test
	@scripts/run-tests $(T)

lint: ## format, static analysis, layers, headers, documentation, -Werror with two compilers
	@scripts/deps lint
	@scripts/lint

fuzz: ## libFuzzer, FUZZ_SECONDS=30 a target; what crashes is kept in out/fuzz
	@scripts/deps build fuzz
	@scripts/fuzz $(T)

bench: all ## Detour beside nginx, h2o, HAProxy, lighttpd and a raw floor
	@scripts/deps bench
	@bench/run

install: all ## program, library, headers, detour.pc, man page (PREFIX=/usr/local, LIBDIR=lib, DESTDIR=)
	@meson configure $(BUILD) -Dprefix=$(PREFIX) -Dlibdir=$(LIBDIR)
	@meson install -C $(BUILD)

clean: ## remove what the targets made
	rm -rf build build-* out

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
