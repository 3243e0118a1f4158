"""Landing zones and warehouses that the tests share: each is built once, whatever the number of workers."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from fuites import identifiants

RACINE = Path(__file__).resolve().parents[1]
PARTAGE = Path(os.environ.get("SOCLE_SHARED", RACINE.parent / "shared"))
DATE_EXTRACTION = "2023-12-31"

etablissements = (
    "finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had;source_sejours;activite_combinee"
)


def socle(exports: Path, sortie: Path, *arguments: str, **environnement: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    propre = {cle: valeur for cle, valeur in os.environ.items() if not cle.startswith("SOCLE_")}
    return subprocess.run(
        [sys.executable, "-m", "socle.cli", *(arguments or ("run", "--sans-qualite", "--sans-publication"))],
        env=propre
        | {
            "SOCLE_EXPORTS": str(exports),
            "SOCLE_SORTIE": str(sortie),
            "SOCLE_DATE_EXTRACTION": DATE_EXTRACTION,
            "PYTHONPATH": str(RACINE),
            **environnement,
        },
        capture_output=True,
        text=True,
        cwd=RACINE,
    )


def ecrire_zone(dossier: Path, fichiers: dict[str, str | bytes], ej: tuple[str, ...] = ("010000001",)) -> Path:
    """Write a landing zone: etablissements.csv for the given EJs, and the given files."""
    dossier.mkdir(parents=True, exist_ok=True)
    lignes = [etablissements, *(f"{finess};Établissement {finess};GHT;true;true;true;true;true;GAM;8000" for finess in ej)]
    (dossier / "etablissements.csv").write_text("\n".join(lignes) + "\n", encoding="utf-8")
    for nom, contenu in fichiers.items():
        chemin = dossier / nom
        chemin.parent.mkdir(parents=True, exist_ok=True)
        chemin.write_bytes(contenu if isinstance(contenu, bytes) else contenu.encode())
    return dossier


def une_fois(tmp_path_factory: pytest.TempPathFactory, nom: str, faire: Callable[[Path], None]) -> Path:
    """A folder that the first worker fills and the others wait for."""
    commun = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        commun = commun.parent
    dossier = commun / nom
    with open(commun / f"{nom}.verrou", "w") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        if not (dossier / ".fait").exists():
            dossier.mkdir(exist_ok=True)
            faire(dossier)
            (dossier / ".fait").touch()
    return dossier


@pytest.fixture(scope="session")
def exports_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration landing zone, at half its default size."""
    from socle.demo import ecrire

    return une_fois(tmp_path_factory, "demo", lambda dossier: ecrire(dossier / "exports", echelle=0.5) and None) / "exports"


@pytest.fixture(scope="session")
def sortie_demo(tmp_path_factory: pytest.TempPathFactory, exports_demo: Path) -> Path:
    """Output folder of one run on the demonstration."""

    def faire(dossier: Path) -> None:
        resultat = socle(exports_demo, dossier / "sortie")
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "sortie", faire) / "sortie"


@pytest.fixture(scope="session")
def entrepot_demo(sortie_demo: Path) -> Path:
    """The warehouse of the demonstration."""
    return sortie_demo / "entrepot.duckdb"


@pytest.fixture
def partage() -> Path:
    """The folder of material given with the project; the test is skipped where there is none."""
    if not PARTAGE.is_dir():
        pytest.skip(f"dossier partagé {PARTAGE} absent")
    return PARTAGE


def lire(entrepot: Path, requete: str) -> list[tuple]:
    """Rows of a query on a warehouse."""
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        return connexion.execute(requete).fetchall()


@pytest.fixture(scope="session")
def identifiants_demo(entrepot_demo: Path) -> set[str]:
    """Everything of the demonstration that must never leave the warehouse."""
    trouves = identifiants(entrepot_demo)
    assert len(trouves) > 1000
    return trouves


def mots(texte: str) -> set[str]:
    """Words of a text, alone and with the signs that compose an identifier."""
    return set(re.findall(r"\w+", texte)) | set(re.findall(r"[\w.:^&|@-]+", texte))


def marquer(macros: str) -> str:
    """Surround what each duckdb__ macro emits with comments that carry its name."""
    return re.sub(
        r"(\{%-?\s*macro\s+duckdb__(\w+)\(.*?\)\s*-?%\})(.*?)(\{%-?\s*endmacro\s*-?%\})",
        lambda m: f"{m[1]}/*<{m[2]}*/{m[3]}/*{m[2]}>*/{m[4]}",
        macros,
        flags=re.DOTALL,
    )


@pytest.fixture(scope="session")
def sql_compile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled SQL of the models outside staging and of the analyses, where each dispatched macro marks what it emits."""

    def faire(copie: Path) -> None:
        for nom in ("models", "macros", "seeds", "analyses"):
            shutil.copytree(RACINE / nom, copie / nom)
        shutil.copy(RACINE / "dbt_project.yml", copie)
        shutil.copy(RACINE / "profiles.yml.example", copie / "profiles.yml")
        for fichier in (copie / "macros").rglob("*.sql"):
            fichier.write_text(marquer(fichier.read_text(encoding="utf-8")), encoding="utf-8")
        resultat = subprocess.run(
            [
                *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "compile"),
                *("--no-introspect", "--no-populate-cache", "--select", "resource_type:model", "resource_type:analysis"),
                *("--exclude", "path:models/staging"),
            ],
            cwd=copie,
            env=os.environ
            | {
                "DBT_PROFILES_DIR": str(copie),
                "SOCLE_SORTIE": str(copie),
                "SOCLE_EXPORTS": str(copie),
                "SOCLE_DATE_EXTRACTION": DATE_EXTRACTION,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "PYTHONPATH": str(RACINE),
            },
            capture_output=True,
            text=True,
        )
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "compile", faire) / "target" / "compiled" / "socle"
