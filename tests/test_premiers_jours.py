"""What a hospital's first days look like: few flux, or none, or files that nothing can be read of. Every output is there."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest
from conftest import EJ, MESSAGE, RUM, ecrire_zone, etablissements, lire, socle
from pypdf import PdfReader

from socle import graines

JOUR = "2025-01-31"
HOSTILE = "CH [site nord] [/x] <b>gras</b> <script>alert(1)</script> #set $x$ *y* _z_ @w 'r' {{ 7 * 7 }} \\u0041"
DEUX_FLUX, MESSAGES, PMSI, REFUSEES, FUTURES = "010000002", "010000003", "010000004", "010000005", "010000006"


def contrat() -> dict[str, list[dict[str, str]]]:
    """Columns of each flux of an establishment."""
    flux: dict[str, list[dict[str, str]]] = defaultdict(list)
    for ligne in graines.lire("contrat_flux"):
        if not ligne["flux"].startswith("reference/"):
            flux[ligne["flux"]].append(ligne)
    return flux


def valeur(colonne: dict[str, str]) -> str:
    """A value that the contract takes."""
    if colonne["valeurs"]:
        return colonne["valeurs"].split(" | ")[0]
    if colonne["controle"].startswith("longueur="):
        return EJ
    return {
        "integer": "1", "double": "1", "boolean": "oui", "date": "2025-01-01", "timestamp": "2025-01-01 10:00:00",
    }.get(colonne["type"], colonne["colonne"])  # fmt: skip


def table(colonnes: list[dict[str, str]]) -> str:
    """A file of one row."""
    return ";".join(c["colonne"] for c in colonnes) + "\n" + ";".join(valeur(c) for c in colonnes) + "\n"


FLUX = contrat()
SANS = {f"02{rang:07}": flux for rang, flux in enumerate(FLUX)}
"""One establishment for each flux: it sends all the others."""


@pytest.fixture(scope="module")
def zone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output folder « sortie » of a run on one establishment per case; « run.json » is what it printed."""
    dossier = tmp_path_factory.mktemp("premiers_jours")
    venues = "iep;ipp;finess_geo;champ;mode_hospitalisation;date_entree;date_sortie\n"
    fichiers: dict[str, str | bytes] = {
        f"{DEUX_FLUX}/gam/patients_20250131.csv": table(FLUX["gam/patients"]),
        f"{DEUX_FLUX}/gam/venues_20250131.csv": table(FLUX["gam/venues"]),
        f"{MESSAGES}/gam/hl7/adt.hl7": MESSAGE.replace("20230302", "20250115"),
        f"{PMSI}/pmsi/mco/{PMSI}.2025.1.rss.txt": RUM.replace(EJ, PMSI),
        f"{REFUSEES}/gam/venues_20250131.csv": venues + f"1;1;{EJ};MCO;COMPLETE;03/05/26;\n2;1;{EJ};MCO;COMPLETE;03/05/26;\n",
        f"{FUTURES}/gam/venues_20250131.csv": venues + f"1;1;{EJ};MCO;COMPLETE;2025-02-01;\n",
    }
    for finess, absent in SANS.items():
        fichiers |= {f"{finess}/{nom}_20250131.csv": table(colonnes) for nom, colonnes in FLUX.items() if nom != absent}
    connus = (DEUX_FLUX, MESSAGES, PMSI, REFUSEES, FUTURES, *SANS)
    exports = ecrire_zone(dossier / "exports", fichiers, connus)
    liste = (exports / "etablissements.csv").read_text(encoding="utf-8")
    liste = re.sub(rf"(?m)^{DEUX_FLUX};[^;]*", lambda _: f"{DEUX_FLUX};{HOSTILE}", liste)
    liste = re.sub(rf"(?m)^({PMSI};.*);GAM;", r"\1;PMSI;", liste)
    (exports / "etablissements.csv").write_text(liste, encoding="utf-8")
    resultat = socle(exports, dossier / "sortie", "run", SOCLE_DATE_EXTRACTION=JOUR)
    (dossier / "run.json").write_text(json.dumps([resultat.returncode, resultat.stdout, resultat.stderr]))
    return dossier


def commande(zone: Path, *arguments: str) -> str:
    """What a command on the zone prints, on one line."""
    resultat = socle(zone / "exports", zone / "sortie", *arguments, SOCLE_DATE_EXTRACTION=JOUR)
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr
    return resultat.stdout


def test_ce_qui_empeche_de_compter_est_dit_en_une_ligne(zone: Path) -> None:
    code, affiche, erreur = json.loads((zone / "run.json").read_text())
    assert code == 1 and erreur.count("\n") == 1, erreur
    assert "Publication retenue" in erreur and "aucune_venue" in erreur
    # The establishment of the first file that was refused, and how many more have no venue.
    assert f"aucune venue de {REFUSEES} : {REFUSEES}/gam/venues_20250131.csv : 2 lignes rejetées" in erreur
    assert "TYPE_ILLISIBLE date_entree « 03/05/26 »" in erreur and "(2 autres dans ce cas)" in erreur
    assert HOSTILE in " ".join(affiche.split())
    # The same page as « socle verifier », of what is to be corrected only.
    assert (
        f"gam/venues : 2 lignes TYPE_ILLISIBLE date_entree (« 03/05/26 »), d’abord {REFUSEES}/gam/venues_20250131.csv" in affiche
    )
    assert "points à corriger (✗)" in affiche and f"\n{MESSAGES}  " not in affiche
    rapport = (zone / "sortie" / "qualite" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in rapport and "<b>gras" not in rapport and "Contrôles sans objet" not in rapport.split("<main>")[0]


def test_les_rejets_se_lisent_apres(zone: Path) -> None:
    etat = commande(zone, "etat")
    assert f"Rejets {REFUSEES} : TYPE_ILLISIBLE 2" in etat and "« socle verifier » dit ce que valent les exports" in etat


@pytest.mark.parametrize("finess", SANS)
def test_le_flux_absent_est_nomme(zone: Path, finess: str) -> None:
    entrepot, absent = zone / "sortie" / "entrepot.duckdb", SANS[finess]
    presents = lire(entrepot, f"select flux from intermediaire.int_flux_presents where finess_ej = '{finess}'")
    assert {flux for (flux,) in presents} == FLUX.keys() - {absent}
    assert not lire(entrepot, f"select * from qualite.rejets where finess_ej = '{finess}'")
    touches = lire(
        entrepot,
        "select distinct indicateur from marts.indicateurs where motif_non_applicable = 'FLUX_ABSENT' and finess_ej ="
        f" '{finess}' except select indicateur from intermediaire.int_besoins where contains(flux, '{absent}')",
    )
    assert not touches
    # Not measured, with what is missing; not applicable all the same where nothing is asked.
    situations = lire(
        entrepot,
        "select distinct situation, situation_raison from marts.indicateurs where motif_non_applicable = 'FLUX_ABSENT' and finess_ej ="
        f" '{finess}'",
    )
    for situation, raison in situations:
        if situation == "NON_MESURE":
            assert absent in raison.removeprefix("il manque ").replace(" ou ", ", ").split(", ")
        else:
            assert (situation, raison) in {
                ("NON_APPLICABLE", "activité absente"),
                ("NON_APPLICABLE", "établissement non concerné"),
            }


def test_les_autres_sorties_se_font_et_disent_ce_qui_manque(zone: Path) -> None:
    sortie = zone / "sortie"
    assert "Publication : " in commande(zone, "publier")
    commande(zone, "tableau-de-bord")
    page = (sortie / "tableau_de_bord" / "index.html").read_text(encoding="utf-8")
    for finess in (DEUX_FLUX, MESSAGES, PMSI, REFUSEES, *SANS):
        assert finess in page
    assert "<b>gras" not in page and "alert(1)</script>" not in page and "il manque " in page
    for finess in (DEUX_FLUX, MESSAGES, PMSI):
        commande(zone, "dossier", "--finess", finess, "--programme", "HOPEN2", "--mois", "2025-01")
    pdf = PdfReader(sortie / "dossiers" / f"{DEUX_FLUX}_hopen2_2025-01.pdf")
    assert pdf.metadata is not None and HOSTILE in str(pdf.metadata.title)
    for finess, present in ((MESSAGES, "gam/venues"), (PMSI, "gam/venues"), (DEUX_FLUX, "gam/patients")):
        assert (finess, present) in lire(
            sortie / "entrepot.duckdb", "select finess_ej, flux from intermediaire.int_flux_presents"
        )


def test_etablissements_seul(tmp_path: Path) -> None:
    exports, sortie = tmp_path / "exports", tmp_path / "sortie"
    exports.mkdir()
    (exports / "etablissements.csv").write_text(f"{etablissements}\n{EJ};Hôpital;GHT;true;true;true;true;true;GAM;8000\n")
    resultat = socle(exports, sortie, "run", SOCLE_DATE_EXTRACTION="")
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr
    assert "aujourd’hui : aucun fichier" in resultat.stdout.replace("\n", " ")
    for nom in ("publication/socle_marts.duckdb", "publication/parquet/indicateurs.parquet", "tableau_de_bord/index.html"):
        assert (sortie / nom).exists(), nom
    rapport = (sortie / "qualite" / "index.html").read_text(encoding="utf-8")
    assert "Établissement déclaré dont aucun fichier n’a été déposé" in rapport and "Contrôles sans objet" in rapport
    assert "Dossiers oSIS : 0" in resultat.stdout and "sans objet" in resultat.stdout
    (passage,) = (sortie / "qualite" / "historique").glob("*.json")
    controles = json.loads(passage.read_text(encoding="utf-8"))["controles"]
    assert controles["cle_unique:staging.stg_gam__venues"] == {"statut": "sans_objet", "nb": None}
    assert {c["statut"] for c in controles.values()} == {"sans_objet", "conforme", "alerte"}
    assert "Flux absents" in socle(exports, sortie, "etat").stdout
