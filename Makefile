# Everything runs in an environment of its own, .venv, made on first use from pinned packages.
PYTHON ?= python3
OLDEST_PYTHON ?= python3.11
BIN := .venv/bin

.PHONY: site test test-oldest test-dist check format docs torture bench scale weigh screenshots first-append lock wheel clean

site: .venv/.runtime            ## build site/ from the log in data/
	$(BIN)/sceneboard build

test: .venv/.tests              ## run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

test-oldest:                    ## the same with the oldest Python and packages that pyproject.toml allows
	rm -rf .venv-oldest
	$(OLDEST_PYTHON) -m venv .venv-oldest || $(OLDEST_PYTHON) -m virtualenv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-oldest.txt
	.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	.venv-oldest/bin/python -m pytest -n auto --dist worksteal

test-dist: wheel                ## the sdist's tests, unpacked, against the wheel in an environment of its own
	rm -rf dist/try && mkdir dist/try
	tar -xzf "$$(ls -t dist/sceneboard-*.tar.gz | head -1)" -C dist/try --strip-components 1
	$(PYTHON) -m venv dist/try/.venv || $(PYTHON) -m virtualenv dist/try/.venv
	dist/try/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r dist/try/requirements.txt -r dist/try/requirements-tests.txt
	dist/try/.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-index "$$(ls -t dist/sceneboard-*.whl | head -1)"
	dist/try/.venv/bin/python -c 'import site; open(site.getsitepackages()[0] + "/sdist.pth", "w").write("$(CURDIR)/dist/try\n")'
	cd dist/try && .venv/bin/pytest -o pythonpath= -n auto --dist worksteal

check: .venv/.tests             ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/.runtime            ## docs/reference/commands.md, from the program
	$(BIN)/python docs/make_reference.py

torture: .venv/.tests           ## attack the program for an hour or more; SHARE=10 makes a tenth, ONLY=kills one kind
	$(BIN)/python -m torture --share $(or $(SHARE),1) $(ONLY)

bench: .venv/.tests             ## how fast it is, against baselines of the same run; SIZE=M, ONLY=build; an hour for L; then `make scale`
	$(BIN)/python benchmarks/speed.py --size $(or $(SIZE),L) $(addprefix --only ,$(ONLY))
	$(if $(ONLY),,$(MAKE) scale)

scale: .venv/.tests             ## what a cluster costs on this machine, and what a core does of each stage; SIZE=S
	$(BIN)/python benchmarks/scale.py $(or $(LOGS),/tmp/sceneboard-benchmarks) $(or $(SIZE),M)

weigh: .venv/.tests             ## what pages weigh and how soon they are there; fails over the limits
	$(BIN)/python benchmarks/weight.py

first-append: .venv/.tests      ## how soon a fresh environment with the wheel has appended its first event
	$(BIN)/python benchmarks/first_append.py

screenshots: .venv/.tests       ## docs/screenshots/*.png
	$(BIN)/python docs/make_screenshots.py

wheel: .venv/.tests             ## dist/*.whl and the sdist
	$(BIN)/python -m build

lock:                           ## pin the newest allowed versions anew
	rm -rf .venv
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e .
	$(BIN)/pip freeze --exclude-editable > requirements.txt
	$(BIN)/pip install --quiet -e ".[tests]"
	$(BIN)/pip freeze --exclude-editable | grep -vxFf requirements.txt > requirements-tests.txt
	touch .venv/.runtime .venv/.tests

clean:
	rm -rf .venv .venv-oldest dist build site/aoi site/scene site/tile site/events site/assets site/stac site/build site/*.html site/*.json site/*.atom site/*.prom

.venv/bin/python:
	$(PYTHON) -m venv .venv || $(PYTHON) -m virtualenv .venv || { \
	  echo "Making an environment needs Python's venv module, or the package virtualenv (pip install --user virtualenv)." >&2; exit 1; }

.venv/.runtime: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	touch $@

.venv/.tests: requirements-tests.txt .venv/.runtime
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-tests.txt
	touch $@
