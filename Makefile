# digitnet: `make train` trains on the bundled MNIST, `make test` runs every check and test, `make bench` measures speed,
# `make accuracy` measures accuracy, `make serving` measures the server.
# Needs Python >= 3.11 with venv and pip; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: train test check fix bench accuracy serving clean

train: $(VENV)/.train
	$(BIN)/digitnet train

test: $(VENV)/.dev
	scripts/check
	$(BIN)/pytest --numprocesses auto
	scripts/test-wheel

check: $(VENV)/.dev
	scripts/check

fix: $(VENV)/.dev
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

clean:
	rm -rf $(VENV) build dist

# A stamp for each set of extras; pip runs again only after pyproject.toml has changed.
$(VENV)/.train: $(VENV)/.created pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[train]'
	touch $@

$(VENV)/.dev: $(VENV)/.created pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[all]'
	touch $(VENV)/.train $@

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("digitnet needs Python >= 3.11, but $(PYTHON) is " + sys.version.split()[0] + ": run make PYTHON=python3.11, or newer")'
	$(PYTHON) -m venv $(VENV)
	touch $@
