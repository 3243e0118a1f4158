"""What is shown of a warehouse: written the same way everywhere, for every programme and indicator that the seeds list."""

from __future__ import annotations

import io
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from conftest import copier_pour_alterer
from lxml import html
from pypdf import PdfReader
from rich.console import Console

from socle import dossier, graines, restitution, tableau_de_bord
from socle.dossier.annexes import SECTIONS
from socle.dossier.saisie import SAISIES
from socle.parametres import ErreurSocle
from socle.resultats import mots
from socle.resultats.lecture import lire as lire_resultats
from socle.resultats.modele import Resultats
from socle.resultats.programmes import code_de, connus
from socle.verification import affichage
from socle.verification.constats import Etablissement, Indicateur


@pytest.mark.parametrize(
    ("taux", "cible", "ecrit"),
    [
        (None, 80, "—"),
        (80.0, 80, "80,0 %"),
        (79.97, None, "80,0 %"),
        (79.97, 80, "79,97 %"),
        (79.94, 80, "79,9 %"),
        (79.9999999999, 80, "79,9999999999 %"),
        (80.04, 80, "80,0 %"),
        # Half up, not to the even digit.
        (31.25, 80, "31,3 %"),
        (81.25, None, "81,3 %"),
        (1250.0, None, "1\u202f250,0 %"),
    ],
)
def test_un_taux_sous_sa_cible_ne_s_ecrit_jamais_comme_elle(taux: float | None, cible: int | None, ecrit: str) -> None:
    assert mots.pourcentage(taux, cible) == ecrit.replace(" %", "\u00a0%")


def test_les_mots() -> None:
    assert [mots.points(e) for e in (None, 0.04, -0.04, 1.25, -2.0)] == ["—", *(f"{p}\u00a0pt{s}" for p, s in (
        ("0,0", ""), ("0,0", ""), ("+1,3", ""), ("−2,0", "s")))]  # fmt: skip
    assert [mots.euros(m) for m in (None, 12000.0, 4485.54)] == ["—", "12\u202f000\u00a0€", "4\u202f485,54\u00a0€"]
    assert [mots.variation(n) for n in (0, 3, -1200)] == ["0", "+3", "−1\u202f200"]
    assert [mots.valeur_en_mots(v) for v in (None, True, date(2023, 1, 2), 1234, "x")] == [
        "—",
        "Oui",
        "02/01/2023",
        "1\u202f234",
        "x",
    ]
    assert mots.objectif(80) == "80\u00a0%" and mots.accorder(2, "séjour", "séjours") == "2\u00a0séjours"
    assert mots.instant(datetime(2024, 3, 1, 9, 5, tzinfo=UTC).astimezone()).startswith("1er mars 2024 à ")


def test_ce_que_les_graines_nomment_existe() -> None:
    libelles = {(ligne["liste"], ligne["code"]) for ligne in graines.lire("libelles_dossier")}
    for programme in connus().values():
        assert programme.saisie in {"", *SAISIES} and ("JUGEMENT", programme.jugement) in libelles
    assert {i["programme"] for i in graines.lire("catalogue_indicateurs")} == connus().keys()
    assert {("AXE", i["axe"]) for i in graines.lire("catalogue_indicateurs") if i["axe"]} <= libelles
    sections = graines.lire("sections_dossier")
    assert {s["section"] for s in sections} == SECTIONS.keys() and {s["programme"] for s in sections} <= connus().keys()
    assert code_de("sun-es") == "SUN_ES"


NOM = "Programme jouet"


@pytest.fixture(scope="module")
def jouet(tmp_path_factory: pytest.TempPathFactory, sortie_demo: Path, entrepot_demo: Path) -> Path:
    """An output folder whose warehouse has a programme, with an indicator of which nothing is defined, by rows only."""
    sortie = tmp_path_factory.mktemp("jouet")
    (sortie / "dbt").symlink_to((sortie_demo / "dbt").resolve())
    copie = "select * replace ('JOUET' as programme, 'J1' as indicateur, 99 as ordre, 'Taux jouet' as libelle{}) from {} where indicateur = 'P1.O1'"
    copier_pour_alterer(
        entrepot_demo,
        sortie / "entrepot.duckdb",
        "insert into reference.programmes by name select 99 as ordre, 'JOUET' as programme, "
        f"'{NOM}' as libelle, 'DERNIERE_PERIODE' as jugement, 'oui' as en_detail, 'oui' as depose, 'tableau' as saisie",
        "insert into reference.sections_dossier by name"
        " select 'JOUET' as programme, 1 as ordre, 'cas_usage' as section, 'DS4.3' as indicateur",
        f"insert into reference.catalogue_indicateurs {copie.format('', 'reference.catalogue_indicateurs')}",
        f"insert into marts.indicateurs {copie.format('', 'marts.indicateurs')}",
        f"insert into marts.indicateurs_juges {copie.format('', 'marts.indicateurs_juges')}",
    )
    return sortie


def test_un_programme_fait_de_lignes_est_partout(jouet: Path, tmp_path: Path) -> None:
    entrepot = jouet / "entrepot.duckdb"
    lus = lire_resultats(entrepot)
    ej = lus.etablissements[0].finess
    valeur = lus.indicateurs["J1"].valeur(lus.situations[ej, "J1", "TOUS"].mesure)
    for largeur in (200, 60):
        ecran = io.StringIO()
        restitution.afficher_resultats(Console(file=ecran, width=largeur), entrepot)
        assert "jouet" in ecran.getvalue() and (largeur < 200 or "J1          Taux jouet" in ecran.getvalue())
    arbre = html.parse(tableau_de_bord.ecrire(entrepot, tmp_path)).getroot()
    (corps,) = arbre.xpath(f"//section[@data-ej='{ej}']/section[@data-programme='JOUET']//tbody[@data-code='J1']")
    assert corps.xpath(".//td[@class='c-resultat']/b")[0].text == valeur
    assert NOM in arbre.xpath("//select[@id='filtre-programme']/option/text()")
    assert (ej, "JOUET") in lus.dossiers_attendus()
    pdf, _ = dossier.ecrire(entrepot, jouet, ej, "jouet", None)
    contenu = " ".join("\n".join(p.extract_text() for p in PdfReader(pdf).pages).split())
    assert NOM in contenu and "Cas d’usage de la messagerie citoyenne" in contenu and valeur.replace("\u00a0", " ") in contenu


def test_un_programme_fait_de_lignes_est_verifie(jouet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(affichage, "connus", lambda: lire_resultats(jouet / "entrepot.duckdb").programmes)
    ecran = io.StringIO()
    siens = [Indicateur("J1", "JOUET", "Taux jouet", [])]
    affichage._afficher_les_indicateurs(Console(file=ecran), Etablissement("1", "x", indicateurs=siens))
    assert f"{NOM} : 1 de 1 calculables J1" in ecran.getvalue()


@pytest.mark.parametrize(
    ("requete", "dit"),
    [
        ("update reference.sections_dossier set section = 'inconnue' where programme = 'JOUET'", r"Section « inconnue » du programme JOUET inconnue : corrigez sections_dossier\.csv \(activite_dmp, "),
        ("update reference.programmes set saisie = 'inconnue' where programme = 'JOUET'", r"Saisie « inconnue » du programme JOUET inconnue : corrigez programmes\.csv \(tableau, "),
    ],
)  # fmt: skip
def test_un_nom_inconnu_est_une_erreur_et_une_seule(requete: str, dit: str, jouet: Path, tmp_path: Path) -> None:
    copier_pour_alterer(jouet / "entrepot.duckdb", tmp_path / "entrepot.duckdb", requete)
    (tmp_path / "dbt").symlink_to((jouet / "dbt").resolve())
    ej = lire_resultats(tmp_path / "entrepot.duckdb").etablissements[0].finess
    with pytest.raises(ErreurSocle, match=dit):
        dossier.ecrire(tmp_path / "entrepot.duckdb", tmp_path, ej, "JOUET", None)


@pytest.mark.parametrize(
    ("etats", "dit"),
    [
        (["ATTEINT", "NON_ATTEINT", "NON_MESURE"], "1 / 2"),
        (["SANS_CIBLE", "NON_MESURE"], "1 suivi"),
        (["SANS_CIBLE"] * 2, "2 suivis"),
        (["NON_MESURE", "NON_APPLICABLE"], "non mesuré"),
        (["NON_APPLICABLE"], "non applicable"),
    ],
)
def test_le_bilan_d_un_programme(etats: list[str], dit: str, monkeypatch: pytest.MonkeyPatch, jouet: Path) -> None:
    lus = lire_resultats(jouet / "entrepot.duckdb")
    monkeypatch.setattr(Resultats, "etats", lambda *_: Counter(etats))
    assert restitution._bilan(lus, "010000001", "JOUET") == dit


def test_un_programme_en_bilan_ne_dit_pas_chaque_indicateur(jouet: Path, tmp_path: Path) -> None:
    copie = tmp_path / "entrepot.duckdb"
    copier_pour_alterer(
        jouet / "entrepot.duckdb",
        copie,
        "update reference.programmes set en_detail = 'non' where programme = 'JOUET'",
        "update marts.indicateurs_juges set situation = 'NON_MESURE' where programme = 'JOUET'",
    )
    ecran = io.StringIO()
    restitution.afficher_resultats(Console(file=ecran, width=200), copie)
    (ligne,) = (x for x in ecran.getvalue().splitlines() if NOM in x)
    assert "non mesuré" in ligne and "J1" not in ecran.getvalue()


def test_juste_sous_sa_cible_le_terminal_ne_dit_pas_la_cible(entrepot_demo: Path, tmp_path: Path) -> None:
    copie = tmp_path / "entrepot.duckdb"
    copier_pour_alterer(
        entrepot_demo,
        copie,
        "update marts.indicateurs_juges set taux = 79.97, cible = 80, cible_atteinte = false, situation = 'NON_ATTEINT'"
        " where indicateur = 'P1.O1' and axe = 'TOUS'",
    )
    ecran = io.StringIO()
    restitution.afficher_resultats(Console(file=ecran, width=200), copie)
    (ligne,) = (x for x in ecran.getvalue().splitlines() if x.startswith(" P1.O1 "))
    assert "79,97\u00a0% / 80 ✗" in ligne and "80,0" not in ligne
