"""The run of the controls by Great Expectations over a warehouse opened for reading."""

from __future__ import annotations

import io
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from socle.entrepot import ouvrir as ouvrir_les_entrepots
from socle.parametres import memoire_insuffisante
from socle.qualite.bilan import Constat, Controle, Resultat, Statut
from socle.qualite.catalogue import regles
from socle.qualite.dialecte import exposer
from socle.qualite.reglages import Reglages

# Before Great Expectations is imported: it must call nobody, nor write in the user's home.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.core.run_identifier import RunIdentifier

journal = logging.getLogger(__name__)

MEMOIRE = "mémoire"
"""Why an expectation failed when it is no fault of its own."""

VUES = Path(__file__).with_name("vues")
SITUATIONS_MAXIMALES = 2_000
"""Kinds of finding (establishment and detail) kept of one control."""

CLES = {
    "intermediaire.int_venues": ("finess_ej", "iep"),
    "intermediaire.int_sejours": ("finess_ej", "sejour_id"),
    "intermediaire.int_sejours_venues": ("finess_ej", "iep"),
    "intermediaire.int_versions": ("finess_ej", "document_id"),
    "intermediaire.int_dmp_patients": ("finess_ej", "ipp", "valable_du"),
}
"""Keys of the intermediate relations: one row per …"""


@contextmanager
def ouvrir(entrepot: Path, reglages: Reglages, date_extraction: date, temporaire: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a warehouse for reading, with the database ``controle`` of thresholds and volumes beside it.

    Args:
        entrepot: warehouse file.
        reglages: thresholds and acceptances.
        date_extraction: last day known to the warehouse.
        temporaire: private folder for what does not fit in memory, which is patient data.

    Raises:
        ErreurSocle: the file is missing or is no warehouse.
    """
    with ouvrir_les_entrepots(entrepot=entrepot, debordement=temporaire) as connexion:
        connexion.execute("attach ':memory:' as controle")
        connexion.execute("use entrepot")
        colonnes = ", ".join(f'{seuil.valeur} as "{seuil.nom}"' for seuil in reglages.seuils)
        connexion.execute(
            f"create table controle.seuils as select cast(? as date) as date_extraction, {colonnes}", [date_extraction]
        )
        connexion.execute("create table controle.acceptations (regle varchar, finess_ej varchar, detail varchar)")
        for acceptation in reglages.acceptations:
            connexion.execute(
                "insert into controle.acceptations values (?, ?, ?)",
                [acceptation.regle, acceptation.finess_ej, acceptation.detail],
            )
        for vue in sorted(VUES.glob("*.sql")):
            connexion.execute(vue.read_text(encoding="utf-8"))
        yield connexion


def controles_metier() -> list[Controle]:
    """The controls of the SQL rules."""
    return [
        Controle(
            nom=regle.nom, objet=regle.objet, dimension=regle.dimension, severite=regle.severite, titre=regle.titre,
            explication=regle.explication, remede=regle.remede, population=regle.population, requete=regle.requete,
            relations=regle.relations,
        )
        for regle in regles()
    ]  # fmt: skip


def controles_de_forme(connexion: duckdb.DuckDBPyConnection) -> list[tuple[Controle, gxe.Expectation]]:
    """The controls that the contract and the keys imply: keys unique and filled, obligatory values, lists of values."""
    contrat = connexion.execute(
        "select flux, list(struct_pack(colonne, cle := cle = 'oui', obligatoire := obligatoire = 'oui', valeurs)"
        " order by ordre) from reference.contrat_flux group by flux order by flux"
    ).fetchall()
    resultat: list[tuple[Controle, gxe.Expectation]] = []

    def ajouter(attente: gxe.Expectation, **attributs: Any) -> None:
        controle = Controle(**attributs)
        attente.meta = {"controle": controle.nom}
        attente.severity = "critical" if controle.severite == "bloquante" else "warning"
        attente.description = controle.titre
        resultat.append((controle, attente))

    def ajouter_cle(objet: str, sujet: str, cle: list[str]) -> None:
        unicite = (
            gxe.ExpectCompoundColumnsToBeUnique(column_list=cle, ignore_row_if="never")
            if len(cle) > 1
            else gxe.ExpectColumnValuesToBeUnique(column=cle[0])
        )
        ajouter(
            unicite,
            nom=f"cle_unique:{objet}", objet=objet, dimension="unicite", severite="bloquante",
            titre=f"Clé unique de {sujet} ({', '.join(cle)})",
            explication="Une clé en double compte deux fois la même chose.",
            remede="Signaler le défaut au mainteneur de socle : la lecture garde une seule ligne par clé.",
        )  # fmt: skip

    for flux, colonnes in contrat:
        objet = f"staging.stg_{flux.replace('/', '__')}"
        cle = list(dict.fromkeys(["finess_ej", *(c["colonne"] for c in colonnes if c["cle"])]))
        ajouter_cle(objet, flux, cle)
        for colonne in colonnes:
            nom, valeurs = colonne["colonne"], colonne["valeurs"]
            if colonne["obligatoire"]:
                ajouter(
                    gxe.ExpectColumnValuesToNotBeNull(column=nom),
                    nom=f"renseigne:{objet}.{nom}", objet=objet, dimension="completude",
                    severite="bloquante" if nom in cle else "alerte", titre=f"{flux} : {nom} renseigné",
                    explication="Le contrat d’entrée rend cette colonne obligatoire.",
                    remede="Compléter l’export à la source.",
                )  # fmt: skip
            if valeurs:
                permises = valeurs.split(" | ")
                ajouter(
                    gxe.ExpectColumnValuesToBeInSet(column=nom, value_set=permises),
                    nom=f"valeurs:{objet}.{nom}", objet=objet, dimension="validite", severite="alerte",
                    titre=f"{flux} : {nom} parmi {', '.join(permises)}",
                    explication="Le contrat d’entrée donne la liste des valeurs.",
                    remede="Corriger la table de correspondance de l’export.",
                )  # fmt: skip
    for objet, cle in CLES.items():
        ajouter_cle(objet, objet.split(".")[1], list(cle))
    return resultat


@dataclass(frozen=True)
class Contenu:
    """What the report says of the sources: establishments (finess_ej → name), files and rejects as counts."""

    etablissements: dict[str, str]
    fichiers: list[dict[str, Any]]
    rejets: list[dict[str, Any]]


def lire_contenu(connexion: duckdb.DuckDBPyConnection) -> Contenu:
    """Count what was read, by establishment and flux, and what was rejected, by flux, column and reason."""

    def lignes(requete: str) -> list[dict[str, Any]]:
        return connexion.execute(requete).to_arrow_table().to_pylist()

    return Contenu(
        etablissements=dict(
            connexion.execute(
                "select finess_ej, raison_sociale from staging.stg_reference__etablissements order by finess_ej"
            ).fetchall()
        ),
        fichiers=lignes(
            "select coalesce(finess_ej, '') as finess_ej, flux, count(*) as nb_fichiers,"
            " max(date_extraction) as dernier, sum(nb_lues) as nb_lues, sum(nb_retenues) as nb_retenues,"
            " sum(nb_remplacees) as nb_remplacees, sum(nb_rejetees) as nb_rejetees, sum(nb_ignorees) as nb_ignorees"
            " from qualite.fichiers where flux is not null group by all order by all"
        ),
        rejets=lignes(
            "select coalesce(finess_ej, '') as finess_ej, flux, coalesce(colonne, '') as colonne, motif, count(*) as nb"
            " from qualite.rejets group by all order by nb desc, 1, 2, 3, 4 limit 500"
        ),
    )


def executer(connexion: duckdb.DuckDBPyConnection, reglages: Reglages, execution: datetime) -> tuple[list[Resultat], Any]:
    """Run every control whose relations exist.

    Args:
        connexion: what ``ouvrir`` gave.
        reglages: thresholds and acceptances.
        execution: instant that names the run.

    Returns:
        One result per control, and the Great Expectations context that holds the validations for its Data Docs.
    """
    presentes = {
        f"{schema}.{table}"
        for schema, table in connexion.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = 'entrepot'"
        ).fetchall()
    }
    metier, forme = controles_metier(), controles_de_forme(connexion)
    resultats: dict[str, Resultat] = {}
    attentes: dict[str, list[gxe.Expectation]] = {}
    controles = {controle.nom: controle for controle in [*metier, *(controle for controle, _ in forme)]}
    for controle, attente in [*((c, None) for c in metier), *forme]:
        absentes = sorted({controle.objet, *controle.relations} - presentes)
        if absentes:
            resultats[controle.nom] = _non_execute(controle, f"{', '.join(absentes)} n’existe pas dans cet entrepôt")
            continue
        if attente is None:
            attente = _attente_sql(controle)
        attentes.setdefault(controle.objet, []).append(attente)
    contexte, validations = _valider(connexion, attentes, execution)
    for validation in validations:
        for resultat in validation.results:
            nom = resultat.expectation_config.meta["controle"]
            resultats[nom] = _interpreter(connexion, controles[nom], resultat)
    manquants = controles.keys() - resultats.keys()
    if manquants:
        raise RuntimeError(f"Great Expectations gave no result for {sorted(manquants)}")
    return [resultats[nom] for nom in controles], contexte


def requete_sans_acceptes(controle: Controle) -> str:
    """The rule's query without the findings that the hospital accepted."""
    return f"select finess_ej, detail from ({controle.requete}\n) as constats where not {_ACCEPTE}".replace(
        "{regle}", controle.nom
    )


_ACCEPTE = """exists (
    select 1 from controle.acceptations as acceptations
    where
        acceptations.regle = '{regle}'
        and coalesce(acceptations.finess_ej = constats.finess_ej, acceptations.finess_ej is null)
        and coalesce(acceptations.detail = constats.detail, acceptations.detail is null)
)"""


def _attente_sql(controle: Controle) -> gxe.Expectation:
    # Great Expectations reads braces as its own placeholders.
    requete = requete_sans_acceptes(controle).replace("{", "{{").replace("}", "}}")
    # A rule names its relations: Great Expectations would rather have its own word for the table, and prints it.
    with redirect_stdout(io.StringIO()):
        return gxe.UnexpectedRowsExpectation(
            unexpected_rows_query=requete,
            description=controle.titre,
            severity="critical" if controle.severite == "bloquante" else "warning",
            meta={"controle": controle.nom},
        )


def _valider(
    connexion: duckdb.DuckDBPyConnection, attentes: dict[str, list[gxe.Expectation]], execution: datetime
) -> tuple[Any, list[Any]]:
    with exposer(connexion) as url, redirect_stdout(io.StringIO()), warnings.catch_warnings():
        # The schemas of a warehouse are the schemas of one connection.
        warnings.filterwarnings("ignore", message="`schema_name` is deprecated")
        contexte = gx.get_context(mode="ephemeral")
        contexte.variables.progress_bars = {"globally": False}
        source = contexte.data_sources.add_sql("entrepot", connection_string=url, create_temp_table=False)
        try:
            definitions = []
            for objet, liste in sorted(attentes.items()):
                schema, table = objet.split(".")
                relation = source.add_table_asset(table, table_name=table, schema_name=schema)
                suite = contexte.suites.add(gx.ExpectationSuite(table, expectations=liste))
                definitions.append(
                    contexte.validation_definitions.add(
                        gx.ValidationDefinition(name=table, data=relation.add_batch_definition_whole_table("tout"), suite=suite)
                    )
                )
            passage = contexte.checkpoints.add(
                gx.Checkpoint(
                    name="qualite",
                    validation_definitions=definitions,
                    # Counts only: the rows at fault hold patient data.
                    result_format={"result_format": "BASIC", "partial_unexpected_count": 0},
                )
            )
            resultat = passage.run(run_id=RunIdentifier(run_name="qualite", run_time=execution))
        finally:
            source.get_engine().dispose()
    return contexte, list(resultat.run_results.values())


def _interpreter(connexion: duckdb.DuckDBPyConnection, controle: Controle, resultat: Any) -> Resultat:
    erreur = _erreur(resultat)
    if erreur == MEMOIRE:
        raise memoire_insuffisante()
    if erreur:
        journal.error("%s : %s", controle.nom, erreur)
        return _non_execute(controle, f"le contrôle a échoué ({erreur})")
    detail = resultat.result
    if controle.requete:
        nb, nb_acceptes = detail["observed_value"], _acceptes(connexion, controle)
        nb_population = _population(connexion, controle)
        rien = not nb and not nb_acceptes and _rien_a_controler(connexion, controle, nb_population)
    else:
        # Of a relation without rows, Great Expectations gives no number.
        nb, nb_acceptes, nb_population = detail["unexpected_count"] or 0, 0, detail["element_count"]
        rien = not nb_population
    statut = Statut.SANS_OBJET if rien else Statut.CONFORME
    if not resultat.success:
        statut = Statut.BLOQUANT if controle.severite == "bloquante" else Statut.ALERTE
    constats = _constats(connexion, controle) if controle.requete and nb else ()
    return Resultat(controle, statut, nb=nb, nb_acceptes=nb_acceptes, nb_population=nb_population, constats=constats)


def _rien_a_controler(connexion: duckdb.DuckDBPyConnection, controle: Controle, nb_population: int | None) -> bool:
    """Whether a rule had no row to judge; the tables of the quality are empty when all is well."""
    if nb_population is not None:
        return not nb_population
    vide = connexion.execute(f"select not exists (select 1 from {controle.objet})").fetchall()[0][0]
    return bool(vide) and not controle.objet.startswith("qualite.")


def _non_execute(controle: Controle, motif: str) -> Resultat:
    # What had to be checked and could not be is not known to be right.
    statut = Statut.BLOQUANT if controle.severite == "bloquante" else Statut.NON_EXECUTE
    return Resultat(controle, statut, motif=motif)


def _erreur(resultat: Any) -> str | None:
    """Why an expectation could not be evaluated, without any value of the data."""
    informations = resultat.exception_info or {}
    exceptions = [informations] if "raised_exception" in informations else list(informations.values())
    messages = [e["exception_message"] or "" for e in exceptions if e.get("raised_exception")]
    if not messages:
        return None
    premiere = messages[0].splitlines()[0] if messages[0] else ""
    if "Out of Memory" in premiere:
        return MEMOIRE
    # These speak of the query only; others (conversions) may quote a value.
    return premiere if any(genre in premiere for genre in ("Catalog", "Binder", "Parser")) else "erreur à l’exécution"


def _acceptes(connexion: duckdb.DuckDBPyConnection, controle: Controle) -> int:
    if not connexion.execute("select 1 from controle.acceptations where regle = ?", [controle.nom]).fetchone():
        return 0
    requete = f"select count(*) from ({controle.requete}\n) as constats where {_ACCEPTE}"
    return connexion.execute(requete.replace("{regle}", controle.nom)).fetchall()[0][0]


def _population(connexion: duckdb.DuckDBPyConnection, controle: Controle) -> int | None:
    if controle.population is None:
        return None
    valeur = connexion.execute(controle.population).fetchall()[0][0]
    return int(valeur or 0)


def _constats(connexion: duckdb.DuckDBPyConnection, controle: Controle) -> tuple[Constat, ...]:
    lignes = connexion.execute(
        f"select finess_ej, detail, count(*) from ({requete_sans_acceptes(controle)}) group by finess_ej, detail"
        f" order by count(*) desc, finess_ej, detail limit {SITUATIONS_MAXIMALES}"
    ).fetchall()
    return tuple(Constat(*ligne) for ligne in lignes)
