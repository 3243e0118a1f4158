SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false

# Without exports of one's own, the demonstration is built, with its own day of extraction.
ifndef SOCLE_EXPORTS
export SOCLE_EXPORTS := $(CURDIR)/demo/exports
export SOCLE_DATE_EXTRACTION ?= 2023-12-31
DEMONSTRATION := $(SOCLE_EXPORTS)/etablissements.csv
endif

.PHONY: run test derives mutations bench spark clean

run: $(VENV)/installe $(DEMONSTRATION)
	@$(BIN)/socle run

test: $(VENV)/installe
	@bash tests/lancer.sh

# Writes again what seeds and headers tell elsewhere (lists, descriptions, tables of docs/); the tests compare.
derives: $(VENV)/installe
	@for f in textes_du_catalogue tables_du_contrat pieces_des_guides colonnes_du_depot; do $(BIN)/python tests/$$f.py || exit; done

# Removes each clause of the models in turn and reports the ones that no unit test misses.
mutations: $(VENV)/installe $(DEMONSTRATION)
	@d=$$(mktemp -d) && trap 'rm -rf "$$d"' EXIT && cp profiles.yml.example "$$d/profiles.yml" \
	&& export DBT_PROFILES_DIR="$$d" SOCLE_SORTIE="$$d" PATH="$(CURDIR)/$(BIN):$$PATH" \
	&& dbt --quiet seed && dbt --quiet run --empty && python tests/mutations.py --entrepot "$$d/entrepot.duckdb"

# A large hospital group on this machine: 280 writes 3 GB of exports and needs 15 GB of disk.
TAILLE ?= 280
bench: $(VENV)/installe
	@$(BIN)/python benchmarks/grand_ght.py --echelle $(TAILLE) --rapport benchmarks/RESULTS.md

# Several hospital groups merged on Spark, and compared with DuckDB row by row (docs/REGION.md).
spark: .venv-spark/installe
	@.venv-spark/bin/python tests/parite_spark.py

$(VENV)/installe: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "socle demande Python 3.11 ou plus : indiquez-le par PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installation des dépendances dans $(VENV) (une fois)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv-spark/installe: requirements-spark.lock pyproject.toml
	@test -x .venv-spark/bin/python || $(PYTHON) -m venv .venv-spark
	@echo "Installation de Spark dans .venv-spark (une fois, 2 Go)…"
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-spark.lock
	@.venv-spark/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The generator, and the seeds that say how its tables and its PMSI lines are written.
GENERATEUR := $(wildcard demo/*.py demo/pmsi/*.py demo/*.yaml) $(shell find seeds -name contrat_flux.csv -o -name 'pmsi_[pvz]*.csv')
$(CURDIR)/demo/exports/etablissements.csv: $(VENV)/installe $(GENERATEUR)
	@$(BIN)/socle demo --dossier $(CURDIR)/demo/exports

clean:
	rm -rf $(VENV) .venv-spark target logs sortie demo/exports
