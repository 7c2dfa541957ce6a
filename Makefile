# The two commands of the README are `make demo` and `make test`; each does its own set-up.
SHELL := /bin/bash
RID ?= $(if $(filter aarch64,$(shell uname -m)),linux-arm64,linux-x64)

.PHONY: all build demo test test-random test-matrix soak fuzz bench lint docs site dist clean setup help

all: build

help: ## Lists the targets.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 16

setup: ## Installs what the other targets need, by apt; asks before nothing, repeats nothing.
	@eng/setup.sh build demo test bench lint site

build: ## Leaves out/gunicorn-prometheus-exporter and out/python/.
	@eng/setup.sh build
	@eng/build.sh $(RID)

demo: ## Runs Gunicorn and Prometheus with the exporter between them, and shows figures. KEEP=1 leaves them running.
	@eng/setup.sh build demo
	@eng/build.sh $(RID)
	@eng/demo.sh

test: ## Runs every test.
	@eng/setup.sh build test site
	@eng/build.sh $(RID)
# A signal that whatever started make ignores, the tests' servers would ignore too.
	@env --default-signal eng/test.sh

test-random: ## Runs the tests that are random with a seed of their own, which it prints: SEED=1 replays one.
	@eng/setup.sh build test
	@eng/build.sh $(RID)
	@env --default-signal eng/test_random.sh

soak: ## Sends 100,000 requests to servers that recycle their workers, and fails if something grows; writes docs/reliability.md.
	@eng/setup.sh build test
	@eng/build.sh $(RID)
	@/usr/bin/python3 -B bench/soak.py $(REQUESTS)

test-matrix: ## Runs the servers' tests on every Gunicorn and CPython to be had; writes docs/compatibility.md.
	@eng/setup.sh build test matrix
	@eng/build.sh $(RID)
	@eng/matrix.sh

fuzz: ## Looks for inputs that the readers get wrong, guided by AFL++: TARGET=reader SECONDS=600.
	@eng/setup.sh fuzz
	@eng/fuzz.sh $(or $(TARGET),reader) $(or $(SECONDS),600)

bench: ## Measures against the peers, side by side; writes bench/results/.
	@eng/setup.sh build bench
	@eng/build.sh $(RID)
	@bench/run.sh

lint: ## Checks style and compiles everything with warnings as errors.
	@eng/setup.sh build lint
	@eng/lint.sh

docs: ## Writes what is generated: docs/configuration.md, metrics.md, api-python.md, api-dotnet.md, log-events.md, and deploy/mixin.
	@eng/setup.sh build
	@UPDATE_DOCS=1 dotnet run --project tests/Engine.Tests -- -class "*Reference*"
	@/usr/bin/python3 -B deploy/mixin/generate.py
	@/usr/bin/python3 -B eng/reference_pages.py

site: ## Leaves the documentation as a website in out/site.
	@eng/setup.sh site
	@mkdocs build --strict --quiet
	@echo "site: out/site/index.html"

dist: ## Leaves wheels, Debian packages and the NuGet package in out/dist, and tries them.
	@eng/setup.sh build dist
	@eng/build.sh $(RID)
	@eng/dist.sh
	@eng/dist_check.sh

clean: ## Removes everything that was built.
	rm -rf out
	find . -type d \( -name bin -o -name obj \) -prune -exec sh -c 'git check-ignore -q "$$1" && rm -rf "$$1"' _ {} \;
	find . -type d \( -name __pycache__ -o -name .pytest_cache \) -prune -exec rm -rf {} +
