"""What must stay true whatever the data: one generated establishment, and the same one told otherwise.

The variants are establishments of one landing zone, built once; the one whose dates are shifted has a build of its own,
whose day of extraction is shifted too.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import lire, socle, une_fois

from socle import graines

BASE, MELANGE, DOUBLE, HORS_SUJET = "010000001", "010000002", "010000003", "010000004"
TABLES = {
    "indicateurs": "numerateur, denominateur, taux, numerateur_national_traces, numerateur_national_constate, cible, "
    "cible_atteinte, restant_pour_cible, applicable, motif_non_applicable, indicateur, axe, periode_debut, periode_fin",
    "entonnoir": "indicateur, periode_debut, etape, nb",
    "sun_es_fenetres": "indicateur, fenetre, meilleur_mois, numerateur, denominateur, valeur_declaree, atteinte, motif",
    "sun_es_financement": "* exclude (finess_ej)",
    "ifaq_meilleur_mois": "* exclude (finess_ej)",
    "ifaq_osis_d2_2i": "* exclude (finess_ej, activite_dmp_cnam)",
    "ifaq_osis_d6_3i": "* exclude (finess_ej)",
    "prerequis": "* exclude (finess_ej)",
    "qualite.rapprochement_national": "* exclude (finess_ej)",
}

Ligne = dict[str, Any]
Export = dict[str, list[Ligne]]


def flux_du_contrat() -> dict[str, list[str]]:
    """Columns of each tabular flux, in the contract's order."""
    colonnes: dict[str, list[str]] = {}
    for ligne in graines.lire("contrat_flux"):
        colonnes.setdefault(ligne["flux"], []).append(ligne["colonne"])
    return colonnes


FLUX = flux_du_contrat()


def exporter(entrepot: Path) -> tuple[Ligne, Export]:
    """The rows that the warehouse of the demonstration read for its smallest establishment with surgery and imaging."""
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        (finess,) = connexion.execute(
            "select finess_ej from staging.stg_reference__etablissements join staging.stg_gam__services using (finess_ej)"
            " where chirurgie and imagerie_interne group by all order by count(*), finess_ej limit 1"
        ).fetchone()  # type: ignore[misc]

        def lignes(flux: str) -> list[Ligne]:
            resultat = connexion.execute(
                f"select {', '.join(FLUX[flux])} from staging.stg_{flux.replace('/', '__')} where finess_ej = ?", [finess]
            )
            noms = [colonne[0] for colonne in resultat.description]
            return [dict(zip(noms, valeurs, strict=True)) for valeurs in resultat.fetchall()]

        (etablissement,) = lignes("reference/etablissements")
        return etablissement | {"source_sejours": "GAM"}, {flux: lignes(flux) for flux in FLUX if "etablissements" not in flux}


def texte(valeur: Any) -> str:
    """A value as the contract writes it."""
    if isinstance(valeur, bool):
        return str(valeur).lower()
    return "" if valeur is None else str(valeur)


def ecrire(chemin: Path, colonnes: list[str], lignes: list[Ligne]) -> None:
    """One CSV file."""
    chemin.parent.mkdir(parents=True, exist_ok=True)
    with open(chemin, "w", encoding="utf-8", newline="") as fichier:
        sortie = csv.writer(fichier, delimiter=";")
        sortie.writerow(colonnes)
        sortie.writerows([texte(ligne.get(colonne)) for colonne in colonnes] for ligne in lignes)


def deposer(zone: Path, finess: str, export: Export, suffixe: str = "20231231") -> None:
    """The files of one establishment."""
    for flux, lignes in export.items():
        if lignes:
            ecrire(zone / finess / f"{flux}_{suffixe}.csv", FLUX[flux], lignes)


def deposer_etablissements(zone: Path, etablissement: Ligne, *finess: str) -> None:
    """etablissements.csv: the same flags for each."""
    lignes = [etablissement | {"finess_ej": code, "raison_sociale": code} for code in finess]
    ecrire(zone / "etablissements.csv", FLUX["reference/etablissements"], lignes)


def melanger(export: Export) -> Export:
    """The same rows in another order."""
    hasard = random.Random(20231231)
    return {flux: hasard.sample(lignes, len(lignes)) for flux, lignes in export.items()}


def hors_sujet(export: Export) -> Export:
    """Rows that no indicator counts: later than the day of extraction, failed, or of nothing known."""
    futur = datetime(2024, 1, 1, 0, 30)
    venue, patient = export["gam/venues"][0], export["gam/patients"][0]
    reussis = {t["document_id"] for t in export["dpi/transmissions_dmp"] if t["statut"] == "REUSSI" and t["operation"] == "AJOUT"}
    alimente = next(d for d in export["dpi/documents"] if d["document_id"] in reussis)
    envoi = next(t for t in export["dpi/transmissions_dmp"] if t["document_id"] == alimente["document_id"])
    message, lien = export["dpi/transmissions_mss"][0], export["gam/venues_correspondants"][0]
    de_plus: dict[str, list[Ligne]] = {
        "gam/venues": [venue | {"iep": "PLUS_TARD", "date_entree": futur, "date_sortie": None}],
        "gam/patients": [patient | {"ipp": "JAMAIS_VENU"}],
        "gam/statuts_dmp": [
            statut | {"date_constat": futur, "statut_dmp": "FERME", "opposition_alimentation": True}
            for statut in export["gam/statuts_dmp"][:50]
        ],
        "gam/correspondants": [{"correspondant_id": "SANS_PATIENT", "adresse_mss": "sans.patient@exemple.mssante.fr"}],
        "gam/venues_correspondants": [lien | {"iep": "VENUE_INCONNUE"}],
        "gam/services": [
            export["gam/services"][0]
            | {"service_id": "ADMINISTRATION", "type_service": "ADMINISTRATIF", "pole": None, "consultations_externes": False}
        ],
        "dpi/documents": [
            alimente | {"document_id": "PLUS_TARD", "set_id": "PLUS_TARD", "date_creation": futur},
            alimente | {"document_id": "VERSION_PLUS_TARD", "version": 99, "date_creation": futur},
        ],
        "dpi/transmissions_dmp": [
            envoi | {"transmission_id": "X1", "operation": "AJOUT", "statut": "ECHEC"},
            envoi | {"transmission_id": "X2", "operation": "SUPPRESSION", "statut": "ECHEC"},
            envoi | {"transmission_id": "X3", "operation": "SUPPRESSION", "statut": "REUSSI", "date_envoi": futur},
            envoi | {"transmission_id": "X4", "document_id": "INCONNU", "operation": "AJOUT", "statut": "REUSSI"},
        ],
        "dpi/transmissions_mss": [
            message | {"message_id": "X1", "statut": "ECHEC"},
            message | {"message_id": "X2", "statut": "INCONNU"},
            message | {"message_id": "X3", "statut": "REUSSI", "date_envoi": futur},
        ],
        "dpi/consultations_dmp": [
            export["dpi/consultations_dmp"][0] | {"transaction_id": "X1", "statut": "ECHEC"},
            export["dpi/consultations_dmp"][0] | {"transaction_id": "X2", "transaction": "TD0.9", "statut": "REUSSI"},
            export["dpi/consultations_dmp"][0] | {"transaction_id": "X3", "date_transaction": futur},
        ],
        "dpi/utilisateurs": [export["dpi/utilisateurs"][0] | {"utilisateur_id": "PARTI", "actif": False}],
        "dpi/documents_recus_mss": [
            export["dpi/documents_recus_mss"][0] | {"reception_id": "X1", "format_cda": True},
            export["dpi/documents_recus_mss"][0] | {"reception_id": "X2", "statut": "ECHEC"},
        ],
        "dpi/prescriptions": [
            export["dpi/prescriptions"][0] | {"prescription_id": "X1", "iep": "VENUE_INCONNUE"},
            export["dpi/prescriptions"][0] | {"prescription_id": "X2", "date_prescription": futur, "informatisee": False},
        ],
        "dpi/mises_a_jour_dossier": [export["dpi/mises_a_jour_dossier"][0] | {"iep": "VENUE_INCONNUE"}],
        "dpi/rendez_vous": [
            export["dpi/rendez_vous"][0] | {"rdv_id": "X1", "type_rdv": "BLOC", "programme": False},
            export["dpi/rendez_vous"][0] | {"rdv_id": "X2", "date_realisation": futur},
        ],
        "dpi/interventions": [
            {"intervention_id": f"X{n}", "iep": v["iep"], "date_intervention": v["date_entree"], "chirurgicale": False}
            for n, v in enumerate(export["gam/venues"][:50])
        ],
        "national/cnam_alimentation_dmp": [
            {"mois": date(2024, 1, 1), "type_code": "TOUS", "nb_documents": 9, "nb_dmp_alimentes": 9}
        ],
        "declaratif/declarations": [
            {"code": "DS4.3", "date_declaration": date(2024, 1, 1), "valeur": "NON"},
            {"code": "CODE_INCONNU", "date_declaration": date(2023, 6, 1), "valeur": "NON"},
        ],
    }
    return {flux: lignes + de_plus.get(flux, []) for flux, lignes in export.items()}


def un_an_avant(valeur: Any) -> Any:
    """The same day of the year before; 29 February becomes the 28th."""
    if not isinstance(valeur, date):
        return valeur
    try:
        return valeur.replace(year=valeur.year - 1)
    except ValueError:
        return (valeur - timedelta(days=1)).replace(year=valeur.year - 1)


@pytest.fixture(scope="session")
def export(entrepot_demo: Path) -> tuple[Ligne, Export]:
    """Flags and rows of one generated establishment."""
    return exporter(entrepot_demo)


@pytest.fixture(scope="session")
def variantes(tmp_path_factory: pytest.TempPathFactory, export: tuple[Ligne, Export]) -> Path:
    """Warehouse of the four establishments that must give the same results."""
    etablissement, lignes = export

    def faire(dossier: Path) -> None:
        zone = dossier / "exports"
        deposer_etablissements(zone, etablissement, BASE, MELANGE, DOUBLE, HORS_SUJET)
        deposer(zone, BASE, lignes)
        deposer(zone, MELANGE, melanger(lignes))
        for suffixe in ("20231231", "20231231_bis", "20240115"):
            deposer(zone, DOUBLE, lignes, suffixe)
        deposer(zone, HORS_SUJET, hors_sujet(lignes))
        resultat = socle(zone, dossier / "sortie")
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "variantes", faire) / "sortie" / "entrepot.duckdb"


@pytest.fixture(scope="session")
def decale(tmp_path_factory: pytest.TempPathFactory, export: tuple[Ligne, Export]) -> Path:
    """Warehouse of the same establishment one year before, alone in its landing zone."""
    etablissement, lignes = export

    def faire(dossier: Path) -> None:
        zone = dossier / "exports"
        deposer_etablissements(zone, etablissement, BASE)
        anciennes = {
            flux: [{nom: un_an_avant(valeur) for nom, valeur in ligne.items()} for ligne in contenu]
            for flux, contenu in lignes.items()
        }
        deposer(zone, BASE, anciennes)
        resultat = socle(zone, dossier / "sortie", SOCLE_DATE_EXTRACTION="2022-12-31")
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "decale", faire) / "sortie" / "entrepot.duckdb"


def resultats(entrepot: Path, finess: str, table: str) -> list[tuple]:
    """Rows of one establishment, sorted."""
    schema, _, nom = table.rpartition(".")
    return sorted(lire(entrepot, f"select {TABLES[table]} from {schema or 'marts'}.{nom} where finess_ej = '{finess}'"), key=repr)


def ecarts(attendus: list[tuple], obtenus: list[tuple]) -> Iterator[str]:
    """The first rows that differ."""
    a, b = set(map(repr, attendus)), set(map(repr, obtenus))
    yield from [f"absente  {ligne}" for ligne in sorted(a - b)[:3]]
    yield from [f"en trop  {ligne}" for ligne in sorted(b - a)[:3]]


def test_the_generated_establishment_is_worth_comparing(variantes: Path) -> None:
    vides = lire(
        variantes,
        f"select indicateur from marts.indicateurs where finess_ej = '{BASE}' and programme in ('HOPEN2', 'IFAQ', 'SUN_ES')"
        " group by indicateur having sum(numerateur) = 0 or sum(denominateur) = sum(numerateur)",
    )
    # DS4.3 is one declaration.
    assert {code for (code,) in vides} <= {"DS4.3"}


@pytest.mark.parametrize("variante", [MELANGE, DOUBLE, HORS_SUJET], ids=["order", "duplicated files", "out of scope"])
@pytest.mark.parametrize("table", TABLES)
def test_results_do_not_depend_on(variantes: Path, table: str, variante: str) -> None:
    attendus = resultats(variantes, BASE, table)
    assert attendus
    obtenus = resultats(variantes, variante, table)
    assert obtenus == attendus, "\n".join(ecarts(attendus, obtenus))


def test_duplicated_files_are_counted_as_superseded(variantes: Path) -> None:
    (lues, retenues, base) = lire(
        variantes,
        f"select sum(nb_lues) filter (where finess_ej = '{DOUBLE}'), sum(nb_retenues) filter (where finess_ej = '{DOUBLE}'),"
        f" sum(nb_retenues) filter (where finess_ej = '{BASE}') from qualite.fichiers",
    )[0]
    assert retenues == base and lues == 3 * base


def test_shifting_every_date_by_one_year_shifts_the_results(variantes: Path, decale: Path) -> None:
    colonnes = "indicateur, axe, numerateur, denominateur, taux, numerateur_national_traces, numerateur_national_constate"
    depuis = "select max(periode_debut) - interval 30 month from marts.indicateurs where indicateur = 'P1.O1'"

    def comptes(entrepot: Path) -> list[tuple]:
        return lire(
            entrepot,
            f"select periode_debut, periode_fin, {colonnes} from marts.indicateurs where finess_ej = '{BASE}'"
            f" and periode_debut >= ({depuis})",
        )

    attendus = sorted(((un_an_avant(debut), un_an_avant(fin), *reste) for debut, fin, *reste in comptes(variantes)), key=repr)
    obtenus = sorted(comptes(decale), key=repr)
    assert obtenus == attendus, "\n".join(ecarts(attendus, obtenus))


def test_numerator_is_within_the_denominator_and_steps_add_up(variantes: Path, decale: Path) -> None:
    for entrepot in (variantes, decale):
        assert not lire(
            entrepot, "select * from marts.indicateurs where numerateur < 0 or denominateur < numerateur or taux > 100"
        )
        assert not lire(
            entrepot,
            "select indicateur, finess_ej, periode_debut, numerateur, denominateur, sum(nb), sum(nb) filter (where etape = 'ALIMENTE')"
            " from marts.entonnoir join marts.indicateurs using (indicateur, finess_ej, periode_debut)"
            " group by all having sum(nb) <> denominateur or sum(nb) filter (where etape = 'ALIMENTE') <> numerateur",
        )


def test_traces_are_explained_to_the_last_document(variantes: Path, decale: Path) -> None:
    for entrepot in (variantes, decale):
        assert not lire(
            entrepot,
            "select * from qualite.rapprochement_national where mesure = 'DOCUMENTS_DMP' and nb_traces > 0"
            " and nb_traces <> nb_sans_indicateur + nb_non_conformes + nb_sans_sejour + nb_hors_denominateur + nb_autre_mois"
            " + nb_retires + nb_supplementaires + nb_comptes",
        )
        assert not lire(entrepot, "select * from qualite.rapprochement_national where nb_alimentes_autre_mois < 0")
        assert not lire(
            entrepot,
            "select r.finess_ej, r.mois, r.type_code, r.numerateur, i.numerateur"
            " from qualite.rapprochement_national as r join marts.indicateurs as i"
            " on r.finess_ej = i.finess_ej and r.indicateur = i.indicateur and r.mois = i.periode_debut"
            " where r.numerateur <> i.numerateur",
        )
