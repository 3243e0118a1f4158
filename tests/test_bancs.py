"""The benchmarks run, from a shell that knows nothing of dbt or socle; their figures are not looked at."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import RACINE


@pytest.mark.parametrize(
    ("banc", "mot"),
    [
        (("seances.py", "1000"), "placées"),
        (("pmsi.py", "--rum", "1000", "--fois", "1"), "rapport"),
        (("hl7.py", "--adt", "20", "--mdm", "2", "--corps", "100", "--fichiers", "1"), "MDM"),
    ],
)
def test_a_benchmark_runs_from_a_bare_shell(banc: tuple[str, ...], mot: str) -> None:
    nom, *options = banc
    resultat = subprocess.run(
        [sys.executable, RACINE / "benchmarks" / nom, *options],
        env={cle: valeur for cle, valeur in os.environ.items() if not cle.startswith(("SOCLE_", "DBT_"))},
        capture_output=True,
        text=True,
    )
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr
    assert mot in resultat.stdout
