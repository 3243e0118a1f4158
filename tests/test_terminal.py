"""The command line whatever the names, the locale, the memory and the words that it is given."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import socle
from rich.console import Console

from socle import cli, dossier, publication, qualite, restitution, tableau_de_bord
from socle.parametres import ErreurSocle, Parametres

HOSTILE = "CH [site nord] [/x] <b>gras</b> <script>alert(1)</script> #set $x$ *y* _z_ @w \"q\" 'r' \\n %3C {{ 7 * 7 }}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["demo", "--echelle", "nan"],
        ["demo", "--echelle", "-1"],
        ["demo", "--echelle", "1e300"],
        ["demo", "--graine", "-1"],
        ["demo", "--fin", "0001-01-01"],
        ["demo", "--dossier", "/dev/null/[é]"],
        ["dossier", "--finess", "[/x]", "--programme", "[/y]", "--mois", "2023-01"],
        ["etat"],
        ["inconnue"],
    ],
)
def test_une_faute_d_usage_n_est_pas_une_panne(arguments: list[str], tmp_path: Path) -> None:
    resultat = socle(tmp_path / "absent [/z] é", tmp_path / "sortie [bold] é", *arguments, PYTHONUTF8="0", LC_ALL="C")
    assert resultat.returncode in (1, 2)
    assert "Traceback" not in resultat.stderr and "MarkupError" not in resultat.stderr
    dernier = resultat.stderr.strip().splitlines()[-1]
    assert dernier.startswith(("socle : ", "Error: ")), resultat.stderr
    if arguments == ["etat"]:
        assert "sortie [bold] é" in dernier


def test_un_nom_entre_crochets_est_du_texte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No console of the command reads markup, in a line or in a cell."""
    for console in (cli.console, cli.erreurs):
        texte = io.StringIO()
        monkeypatch.setattr(console, "_file", texte)
        console.print("a [/x] :warning: [bold]b[/bold]")
        console.print(
            restitution._par_indicateur(
                [("010000001", "x")], [("HOPEN2", "P1.O1", "l [/y]", "010000001", 1.0, 2, True, None, None)], 40
            )
        )
        assert "a [/x] :warning: [bold]b[/bold]" in texte.getvalue()
        assert "l [/y]" in texte.getvalue() and "HOP'EN2" in texte.getvalue()


PARTIES: dict[str, Callable[[Path, Path], object]] = {
    "qualité": lambda entrepot, sortie: qualite.controler(entrepot, sortie, Parametres().date_extraction),
    "publication": lambda entrepot, sortie: publication.publier(entrepot, sortie),
    "tableau de bord": lambda entrepot, sortie: tableau_de_bord.ecrire(entrepot, sortie),
    "dossier": lambda entrepot, sortie: dossier.ecrire(
        entrepot, sortie, "299999000", "HOPEN2", Parametres().date_extraction.replace(month=8)
    ),
    "résultats": lambda entrepot, sortie: restitution.afficher_resultats(Console(file=io.StringIO()), entrepot),
}


@pytest.mark.parametrize("partie", PARTIES)
def test_la_memoire_epuisee_est_dite(partie: str, sortie_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCLE_MEMOIRE", "1MB")
    monkeypatch.setenv("SOCLE_DATE_EXTRACTION", "2023-12-31")
    # Another path: what this process has read of the warehouse is kept under its own.
    (tmp_path / "entrepot.duckdb").symlink_to(sortie_demo / "entrepot.duckdb")
    (tmp_path / "dbt").symlink_to(sortie_demo / "dbt")
    with pytest.raises(ErreurSocle, match=r"Mémoire insuffisante \(1MB\) : augmentez SOCLE_MEMOIRE"):
        PARTIES[partie](tmp_path / "entrepot.duckdb", tmp_path)
