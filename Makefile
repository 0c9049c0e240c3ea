# Every target sets up what it needs in .venv, once; then it works offline.
#   make demo PYTHON=/usr/bin/python3.12    chooses the Python (3.11 to 3.13)

PYTHON ?=
PIP_ARGS ?=
JOBS ?= logical
PYTEST_ARGS ?=
BENCH_ARGS ?=
PLATFORM ?= cuda

VENV := .venv
RUN := $(VENV)/bin/python
INSTALL := @PYTHON='$(PYTHON)' PIP_ARGS='$(PIP_ARGS)' sh environment.sh $(VENV)
PYTEST := $(RUN) -m pytest -n $(JOBS) --maxprocesses=8 --dist=loadfile \
  --no-loadscope-reorder
DEMO := --workdir=runs/demo
# Command, or what else shows that it is there, and Debian package. The last lines are
# what polyglot's exercises need beyond compilers: 24 MB to fetch, 65 MB on disk.
MAVEN := /usr/share/maven-repo/org
TOOLCHAINS := bwrap:bubblewrap g++:g++ go:golang-go javac:default-jdk-headless \
  node:nodejs rustc:rustc \
  cargo:cargo cmake:cmake /usr/include/catch2/catch.hpp:catch2 \
  $(MAVEN)/junit/jupiter:junit5 $(MAVEN)/assertj:libassertj-core-java
# Of its own: beside these compilers JAX would look for their devices.
COMPILERS := .venv-compile

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-device lint bench \
  compile-kernels toolchains lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

demo: ## train a small HRM on the CPU, evaluate it, export it, make a page of it
	$(INSTALL) requirements.txt
	$(RUN) main.py train --config=configs/demo.py $(DEMO)
	$(RUN) main.py evaluate $(DEMO)
	$(RUN) main.py convert $(DEMO) --to=runs/demo/weights.safetensors
	$(RUN) main.py export $(DEMO) --output=runs/demo/package
	@command -v npm >/dev/null || echo "There is no npm, and so no page for a browser."
	-@! command -v npm >/dev/null || \
	  $(RUN) main.py demo-page --package=runs/demo/package --output=runs/demo/page

test: ## run the tests
	$(INSTALL) requirements-dev.txt
	$(PYTEST) $(PYTEST_ARGS)

test-slow: ## run the tests that take minutes
	$(INSTALL) requirements-dev.txt
	$(PYTEST) -m slow $(PYTEST_ARGS)

test-device: ## hold the kernels to their contract on the accelerator of PLATFORM=cuda or tpu
	$(INSTALL) requirements-$(PLATFORM).txt
	$(INSTALL) requirements-dev.txt
	JAX_PLATFORMS=$(PLATFORM) $(RUN) -m pytest -m device tests/kernels

lint: ## check style and types
	$(INSTALL) requirements-dev.txt
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m pyright

bench: ## time everything: kernels, steps beside PyTorch's, evaluation, data, sandbox
	$(INSTALL) requirements-bench.txt
	$(RUN) -m bench $(BENCH_ARGS)
	$(if $(BENCH_ARGS),,$(RUN) bench/sandbox.py)

compile-kernels: ## compile every kernel to the end for TPUs and GPUs, without one (Linux)
	@PYTHON='$(PYTHON)' PIP_ARGS='$(PIP_ARGS)' sh environment.sh $(COMPILERS) requirements-compile.txt
	$(COMPILERS)/bin/python bench/compile_kernels.py $(BENCH_ARGS)

toolchains: ## install what the sandbox lacks, on Debian and Ubuntu (as root)
	@need=; for pair in $(TOOLCHAINS); do \
	  command -v $${pair%:*} >/dev/null || test -e $${pair%:*} \
	    || need="$$need $${pair#*:}"; \
	done; \
	test -z "$$need" || { apt-get update -qq && apt-get install -qqy $$need; }

# The pins beyond requirements.txt. PyTorch's CPU build needs none of its GPU libraries.
COMPILE := uv pip compile --quiet --universal --python-version 3.11 \
  --no-header --no-annotate pyproject.toml

lock: ## resolve pyproject.toml into requirements*.txt again (needs uv)
	$(COMPILE) --output-file requirements.txt >/dev/null
	for extra in dev fleet cuda tpu bench compile; do \
	  { echo "-r requirements.txt"; \
	    $(COMPILE) --constraint requirements.txt --extra $$extra \
	    | grep -vxFf requirements.txt; \
	  } >requirements-$$extra.txt || exit 1; \
	done
	sed -i.old -E '/^(nvidia-|cuda-|triton)/d' requirements-bench.txt
	rm requirements-bench.txt.old

clean: ## remove .venv and caches; runs/ and data/ stay
	rm -rf $(VENV) $(COMPILERS) .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
