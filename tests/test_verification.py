"""What « socle verifier » says of exports: every way in which they may be wrong, in a French sentence that says what to do."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from conftest import EJ, ecrire_zone
from rich.console import Console

from socle import graines
from socle.lecture.contrat import contrat
from socle.parametres import Parametres
from socle.verification import Verification, affichage, verifier
from socle.verification.constats import Flux, references

B, VIDE = "010000002", "010000003"
VENUES = "iep;ipp;finess_geo;champ;date_entree;date_sortie;locale\n"


@dataclass
class Vue:
    """A verification, as a terminal 200 columns wide shows it, and as JSON."""

    v: Verification
    ecran: str
    json: dict


@pytest.fixture(scope="module")
def vue(tmp_path_factory: pytest.TempPathFactory) -> Vue:
    fichiers: dict[str, str | bytes] = {
        f"{EJ}/gam/venues_20231231.csv": VENUES
        + f"V1;P1;{EJ};MCO;2023-10-01;;x\nV2;P9;{EJ};MCO;2023-12-03;2023-12-01;\nV3;P1;{EJ};MOC;hier;;\nV4;;{EJ};XXX;2023-12-01;;\n"
        + f"V5;P2;{EJ};SMR;2023-12-05;;\n",
        f"{EJ}/gam/patients_20231231.csv": "ipp;statut_identite;identite_douteuse;identite_fictive;date_naissance\n"
        "P1;QUALIFIEE;non;non;1950-01-01\n",
        f"{EJ}/dpi/documents_20231231.csv": "document_id;set_id\nD1;D1\n",
        f"{EJ}/dpi/prescriptions_20231231.parquet": b"rien",
        f"{EJ}/dpi/Export labo.csv": "a;b\n",
        f"{EJ}/correspondances/dpi.interventions.csv": "colonne;source\nfichiers;BLOC_*.csv\nintervention_id;N\niep;D\ndate_intervention;J\n"
        "chirurgicale;C\n",
        f"{EJ}/correspondances/gam.services.csv": "colonne;source\nfichiers;../*.csv\n",
        f"{B}/gam/hl7/adt.hl7": b"",
    }
    dossier = tmp_path_factory.mktemp("verification")
    exports = ecrire_zone(dossier / "exports", fichiers, (EJ, B, VIDE))
    v = verifier(Parametres(exports=exports, sortie=dossier / "sortie"))
    tampon = io.StringIO()
    affichage.afficher(Console(file=tampon, width=200, markup=False, highlight=False), v)
    return Vue(v, tampon.getvalue(), json.loads(affichage.en_json(v)))


def avis(vue: Vue, finess: str = EJ) -> list[tuple[str, str]]:
    return [(a.gravite, a.texte) for e in vue.v.etablissements if e.finess_ej == finess for a in e.avis]


@pytest.mark.parametrize(
    ("gravite", "texte"),
    [
        ("erreur", "dpi/documents_20231231.csv : non lu, colonnes version, ipp, type_code"),
        ("erreur", "dpi/prescriptions_20231231.parquet : illisible (fichier Parquet abîmé)"),
        ("attention", "dpi/Export labo.csv : ni fichier du contrat, ni nommé par une correspondance ; « socle init --depuis »"),
        ("erreur", "correspondances/dpi.interventions.csv : aucun fichier de 010000001/ ne s’appelle BLOC_*.csv ; déposez-le"),
        ("erreur", "correspondances/gam.services.csv : correspondance à corriger (ligne 2 : motif « ../*.csv »"),
        ("attention", "gam/venues_20231231.csv : colonnes que le contrat ne connaît pas, non lues : locale"),
        ("erreur", "gam/venues : 2 lignes HORS_VALEURS champ (« MOC »), d’abord 010000001/gam/venues_20231231.csv ligne 4 ; ajoutez"),
        ("erreur", "gam/venues : 1 ligne TYPE_ILLISIBLE date_entree"),
        ("erreur", "gam/venues : 1 ligne DATES_INCOHERENTES date_sortie (« 2023-12-01 »), d’abord 010000001/gam/venues_20231231.csv ligne 3"),
        ("erreur", "gam/venues : 1 ligne OBLIGATOIRE_VIDE ipp, d’abord 010000001/gam/venues_20231231.csv ligne 5"),
        ("attention", "gam/venues : 1 de 2 lignes (50,0\u00a0%) ont un ipp absent de gam/patients, d’abord 010000001/gam/venues_20231231.csv ligne 6"),
        ("attention", "gam/venues : aucune ligne en 2023-11 ; déposez ces mois"),
    ],
)  # fmt: skip
def test_ce_qui_est_a_corriger(vue: Vue, gravite: str, texte: str) -> None:
    assert any(g == gravite and texte in t for g, t in avis(vue)), "\n".join(map(str, avis(vue)))


def test_les_identifiants_restent_dans_l_export(vue: Vue) -> None:
    assert "P9" not in vue.ecran and '"P9"' not in json.dumps(vue.json)


def test_un_etablissement_sans_venue_ou_sans_fichier(vue: Vue) -> None:
    assert avis(vue, VIDE) == [("attention", f"Aucun fichier dans {VIDE}/.")]
    # Messages tell the venues: they are no flux that lacks.
    assert not [texte for _, texte in avis(vue, B) if "Aucun export gam/venues" in texte]


def test_les_indicateurs_calculables_sont_ceux_des_seeds(vue: Vue) -> None:
    (ej, *_) = vue.v.etablissements
    besoins = {ligne["indicateur"]: ligne["flux"].split(", ") for ligne in graines.lire("catalogue_indicateurs")}
    presents = {"gam/venues", "gam/patients"}
    for indicateur in ej.indicateurs:
        manque = any(not presents & set(flux.split(" | ")) for flux in besoins[indicateur.indicateur])
        assert bool(indicateur.manque) == manque, indicateur
    assert len(ej.indicateurs) == len(besoins)
    assert "Sans dpi/interventions ou pmsi/mco : ni P1.O3, DS1.3" in vue.ecran


def test_le_compte_des_lignes_et_le_statut(vue: Vue) -> None:
    venues = vue.v.etablissements[0].flux["gam/venues"]
    assert [venues.total(f"nb_{n}") for n in ("lues", "retenues", "remplacees", "rejetees", "ignorees")] == [5, 2, 0, 3, 0]
    assert vue.v.erreurs == vue.json["erreurs"] == sum(g == "erreur" for e in (EJ, B, VIDE) for g, _ in avis(vue, e)) > 5
    assert f"{vue.v.erreurs} points à corriger (✗)" in vue.ecran


def test_la_page_echappe_ce_que_disent_les_exports(tmp_path: Path) -> None:
    exports = ecrire_zone(
        tmp_path / "exports",
        {f"{EJ}/gam/venues_20231231.csv": VENUES + f"V1;P1;{EJ};<script>[red]x</script>;2023-10-01;;\n"},
        (EJ,),
    )
    v = verifier(Parametres(exports=exports, sortie=tmp_path / "sortie"))
    affichage.ecrire_html(v, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>" not in page and "&lt;script&gt;[red]x" in page
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o600


def test_les_liens_et_les_valeurs_sures_viennent_du_contrat() -> None:
    liens = references()
    assert {("gam/venues", "ipp", "gam/patients"), ("dpi/transmissions_dmp", "document_id", "dpi/documents")} <= set(liens)
    assert not [lien for lien in liens if lien[0] == lien[2]]
    colonnes = {(flux, c.nom): c for flux, siennes in contrat().items() for c in siennes}
    for sure in graines.lire("valeurs_sures"):
        colonne = colonnes[sure["flux"], sure["colonne"]]
        assert not colonne.valeurs or sure["valeur"] in ("", *colonne.valeurs)
        assert sure["effet"]
    admises = {(nom, valeur) for (_, nom), c in colonnes.items() for valeur in c.valeurs}
    admises |= {("type_code", ligne["type_code"]) for ligne in graines.lire("types_documents")}
    assert {(u["colonne"], u["valeur"]) for u in graines.lire("valeurs_usuelles")} <= admises
    assert {ligne["colonne"] for ligne in graines.lire("noms_usuels")} <= {nom for _, nom in colonnes}


def test_les_mois_vides() -> None:
    flux = Flux("gam/venues", mois={"2023-01": 1, "2023-03": 1, "2023-12": 1})
    assert flux.mois_vides(date(2023, 6, 15)) == ["2023-02", "2023-04", "2023-05"]
    assert Flux("gam/venues").mois_vides(date(2023, 6, 15)) == []


def test_une_colonne_qui_ne_distingue_rien_est_dite_de_son_seul_etablissement(tmp_path: Path) -> None:
    venues = "iep;ipp;finess_geo;champ;mode_hospitalisation;date_entree;date_sortie\n"
    memes, autres = f"V1;P1;{EJ};MCO;COMPLETE;2023-10-01;\n", f"V2;P1;{EJ};MCO;PARTIELLE;2023-10-01;\n"
    fichiers: dict[str, str | bytes] = {
        f"{EJ}/gam/venues_20231231.csv": venues + memes + autres,
        f"{B}/gam/venues_20231231.csv": venues + memes + memes.replace("V1", "V2"),
    }
    v = verifier(Parametres(exports=ecrire_zone(tmp_path / "exports", fichiers, (EJ, B)), sortie=tmp_path / "sortie"))
    dites = {e.finess_ej: {sure.colonne for sure in e.valeurs_sures} for e in v.etablissements}
    # A column that is not there is said of both.
    assert dites == {
        EJ: {"facturation_ace", "consultation_medicale"},
        B: {"mode_hospitalisation", "facturation_ace", "consultation_medicale"},
    }
