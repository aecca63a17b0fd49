# digitnet: `make train` trains on the bundled MNIST, `make test` runs the tests, `make check` looks at formatting, lint
# and types, `make test-all` also runs what wants other environments, `make bench` measures speed, `make accuracy`
# measures accuracy, `make serving` measures the server.
# Needs Python >= 3.11 with venv and pip; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Python keeps what it compiles, also where the surroundings say no: every worker and every command that a test starts would
# compile the same files again.
unexport PYTHONDONTWRITEBYTECODE

INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --editable

.PHONY: train test test-all check fix bench accuracy serving small-network notebook docs clean

train: $(VENV)/.train
	$(BIN)/digitnet train

# Needs nothing but .venv.
test: $(VENV)/.dev
	@echo "Running the tests. The first dots come after some seconds, when all tests have been collected."
	@$(BIN)/pytest --numprocesses auto
	@echo "Not run, as it wants other environments: wheel and release, S3 and clusters that fail, kserve's client, Kubernetes' schemas, all of scikit-learn's checks, some export formats, peers, other Pythons (make test-all)."

# What wants other environments, each made for it: the wheel's tests, kserve's client, scikit-learn's checks, the frameworks of
# the export formats, the release (sdist, wheel, list of its parts), the peers (only to see that they run), and every Python found, with the newest and the oldest
# dependencies. Some gigabytes, an hour or two.
test-all: test check
	scripts/test-wheel
	scripts/test-processes
	scripts/test-scale
	scripts/test-kserve
	scripts/test-kubernetes
	scripts/test-sklearn
	scripts/test-notebook
	scripts/test-exports
	scripts/build-site
	scripts/build-release
	$(BIN)/python -m benchmarks --quick
	$(BIN)/python -m benchmarks.serving --quick
	scripts/test-pythons

check: $(VENV)/.check
	@scripts/check

fix: $(VENV)/.check
	scripts/fix

# Everything beside its peers, and docs/performance.md anew: about 25 minutes. `make bench BENCH=--quick` only sees that
# it all runs; `make bench BENCH=epoch` runs one comparison.
bench: $(VENV)/.train
	$(BIN)/python -m benchmarks $(BENCH)

# Every preset with five seeds, and docs/accuracy.md anew: some hours, and it goes on where it was interrupted.
# `make accuracy ACCURACY=page` only writes the page; `ACCURACY='train --preset quick'` trains one preset.
accuracy: $(VENV)/.train
	$(BIN)/python -m benchmarks.accuracy $(ACCURACY)

# The server beside its peers, five minutes of mixed requests, the page, and docs/serving.md anew: about 11 minutes.
# `make serving SERVING=--quick` only sees that it all runs; `make serving SERVING=soak` runs one comparison.
serving: $(VENV)/.dev
	$(BIN)/python -m benchmarks.serving $(SERVING)

# The network of 784-16-16-10 that the page draws as a diagram, trained anew and put into the package: half a minute.
small-network: $(VENV)/.train
	$(BIN)/digitnet train --hidden-sizes 16,16 --no-batch-normalization --receptive-fields 0 \
	  --augment rotation=10,scaling=0.1,shift=1 --epochs 30 --seed 0 --out runs/small-0
	$(BIN)/python scripts/bundle_model.py runs/small-0 --small

# The tutorial as a notebook that has been run, build/tutorial.ipynb: half a minute.
notebook: $(VENV)/.dev
	$(BIN)/python docs/make_notebook.py build/tutorial.ipynb

# The documentation as a site with an API reference, build/site: MkDocs in an environment of its own, a minute.
docs: $(VENV)/.dev
	scripts/build-site

clean:
	rm -rf $(VENV) build dist

# A stamp for each set of extras; pip runs again only after pyproject.toml has changed. It is quiet, so each rule first
# says what it waits for.
$(VENV)/.train: $(VENV)/.created pyproject.toml
	@echo "Installing digitnet with the extra train into $(VENV): about half a minute."
	@$(INSTALL) '.[train]'
	@touch $@

$(VENV)/.dev: $(VENV)/.created pyproject.toml
	@echo "Installing digitnet with the extra all into $(VENV): a minute or two, about 1 GB."
	@$(INSTALL) '.[all]'
	@touch $(VENV)/.train $@

$(VENV)/.check: $(VENV)/.dev
	@echo "Installing the tools that check formatting, lint and types into $(VENV)."
	@$(INSTALL) '.[all,check]'
	@touch $@

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("digitnet needs Python >= 3.11, but $(PYTHON) is " + sys.version.split()[0] + ": run make PYTHON=python3.11, or newer")'
	@echo "Making $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv $(VENV)
	@touch $@
