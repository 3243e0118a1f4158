"""The command line whatever the names, the locale, the memory and the words that it is given."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import catalogue_de_click
import pytest
from conftest import RACINE, _socle, socle
from rich.console import Console
from rich.table import Table

from socle import cli, dossier, publication, qualite, restitution, tableau_de_bord
from socle.parametres import VARIABLES, ErreurSocle, Parametres

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
    assert dernier.startswith("socle : "), resultat.stderr
    if arguments == ["etat"]:
        assert "sortie [bold] é" in dernier


def test_un_nom_entre_crochets_est_du_texte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No console of the command reads markup, in a line or in a cell."""
    for console in (cli.console, cli.erreurs):
        texte = io.StringIO()
        monkeypatch.setattr(console, "_file", texte)
        console.print("a [/x] :warning: [bold]b[/bold]")
        table = Table("Indicateur")
        table.add_row("l [/y]")
        console.print(table)
        assert "a [/x] :warning: [bold]b[/bold]" in texte.getvalue() and "l [/y]" in texte.getvalue()


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


@pytest.mark.parametrize(
    ("arguments", "dit"),
    [
        (["--help"], "Usage : socle [OPTIONS] COMMANDE [ARGUMENTS]…"),
        (["run", "--help"], "Dernier jour connu ; sans elle, celui que disent les exports."),
        (["--version"], "socle 0.1.0"),
        (["inconnue"], "socle : La commande inconnue n’existe pas."),
        (["run", "--inconnue"], "socle : L’option --inconnue n’existe pas."),
        (["run", "--date"], "socle : L’option --date attend une valeur."),
        (["dossier"], "socle : Il manque l’option '--finess'."),
        (["selections"], "socle : Il manque l’argument 'CODE'."),
        (["etat", "de trop"], "socle : Argument de trop : de trop"),
        (["demo", "--echelle", "x"], "socle : Valeur refusée pour '--echelle' : « x » n’est pas un nombre."),
        (["demo", "--graine", "-1"], "-1 n’est pas dans l’intervalle x>=0."),
        (["run", "--date", "hier", "--sortie", "{sortie}"], "Date d'extraction « hier » illisible : écrivez-la AAAA-MM-JJ."),
        (["run", "--exports", "/inconnu", "--sortie", "{sortie}"], "Dossier d'exports /inconnu introuvable"),
        (["verifier", "--exports", "/inconnu", "--sortie", "{sortie}"], "Dossier d'exports /inconnu introuvable"),
        (["init", "--exports", "{sortie}", "--finess", "12"], "--finess 12 : un FINESS d'entité juridique a 9 caractères."),
        (["init", "--exports", "{sortie}", "--finess", "010000001", "--depuis"], "Donnez à --depuis les fichiers de l'export"),
        (["init", "--exports", "{sortie}", "--finess", "010000001", "--depuis", "/inconnu"], "/inconnu introuvable"),
    ],
)  # fmt: skip
def test_la_ligne_de_commande_parle_francais(arguments: list[str], dit: str, tmp_path: Path) -> None:
    arguments = [argument.format(sortie=tmp_path / "s") for argument in arguments]
    resultat = _socle(tmp_path / "x", tmp_path / "y", *arguments, LANG="en_US.UTF-8")
    affiche = " ".join((resultat.stdout + resultat.stderr).split())
    assert dit in affiche and "Traceback" not in affiche
    assert not {"error", "try", "missing", "invalid", "show", "such", "default", "env"} & mots_de(affiche), affiche


def mots_de(texte: str) -> set[str]:
    return set(re.findall(r"[a-z]+", texte.lower()))


def test_l_aide_nomme_les_variables_que_dit_le_readme(tmp_path: Path) -> None:
    aide = socle(tmp_path, tmp_path, "--help").stdout
    readme = (RACINE / "README.md").read_text(encoding="utf-8")
    for variable in VARIABLES:
        assert f"{variable} " in aide and f"| `{variable}` |" in readme
    assert set(re.findall(r"\| `(SOCLE_\w+)` \|", readme)) == set(VARIABLES)


def test_le_catalogue_compile_est_celui_de_sa_source() -> None:
    compile_ = (catalogue_de_click.DOSSIER / "messages.mo").read_bytes()
    assert catalogue_de_click.compiler() == compile_, "python tests/catalogue_de_click.py"
