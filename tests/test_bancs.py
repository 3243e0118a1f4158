"""The benchmarks run, from a shell that knows nothing of dbt or socle; their figures are not looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import RACINE, projet_analyse


@pytest.mark.parametrize(
    ("banc", "mot"),
    [
        (("seances.py", "1000"), "placées"),
        (("pmsi.py", "--rum", "1000", "--fois", "1"), "rapport"),
        (("hl7.py", "--adt", "20", "--mdm", "2", "--corps", "100", "--fichiers", "1", "--cible"), "MDM"),
    ],
)
def test_a_benchmark_runs_from_a_bare_shell(banc: tuple[str, ...], mot: str, tmp_path: Path) -> None:
    nom, *options = banc
    with projet_analyse(tmp_path):
        resultat = subprocess.run(
            [sys.executable, RACINE / "benchmarks" / nom, *options, *([tmp_path] if options[-1] == "--cible" else [])],
            env={cle: valeur for cle, valeur in os.environ.items() if not cle.startswith(("SOCLE_", "DBT_"))},
            capture_output=True,
            text=True,
        )
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr
    assert mot in resultat.stdout
