#!/usr/bin/env bash
# Everything that must pass before a change lands: style, dbt unit tests, Python tests (which build and test warehouses).
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/.venv/bin:$PATH" DBT_SEND_ANONYMOUS_USAGE_STATS=false GX_ANALYTICS_ENABLED=false
travail=$(mktemp -d)
trap 'rm -rf "$travail"' EXIT
mkdir "$travail/profil" && cp profiles.yml.example "$travail/profil/profiles.yml"
export DBT_PROFILES_DIR="$travail/profil" SOCLE_SORTIE="$travail/sortie" SOCLE_DATE_EXTRACTION=2023-12-31
export SOCLE_EXPORTS="$travail/exports"

echo "== ruff"
ruff check socle demo tests benchmarks
ruff format --check socle demo tests benchmarks
# The lint takes one processor while dbt takes the other.
sqlfluff lint --disable-progress-bar models analyses tests/singular socle >"$travail/sqlfluff" 2>&1 &
lint=$!
echo "== dbt : tests unitaires"
# Unit tests bring their rows: a list without an establishment will do.
mkdir "$SOCLE_EXPORTS"
echo 'finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had' >"$SOCLE_EXPORTS/etablissements.csv"
dbt --quiet build --empty --exclude test_type:data
echo "== sqlfluff"
wait "$lint" || { grep -v PASS "$travail/sqlfluff"; exit 1; }
echo "== pytest"
# A third of the time: landing zones built for themselves alone, benchmarks. Whatever lands passes them, .ci/run asks for all.
campagnes=(ajout bancs hl7_aller_retour hl7_alterations hl7_exemples hopital lecture_alterations lectures pmsi_alterations premiers_jours proprietes region)
if [ -n "${SOCLE_TESTS_COMPLETS:-}" ]; then
    pytest -n 2
else
    echo "laissés à .ci/run (SOCLE_TESTS_COMPLETS=1 make test) : ${campagnes[*]}"
    ignorees=("${campagnes[@]/#/--ignore=tests/test_}")
    pytest -n 2 "${ignorees[@]/%/.py}"
fi
