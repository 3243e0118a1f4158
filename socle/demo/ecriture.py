"""The whole demonstration landing zone, establishment by establishment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from . import activite, documents, echanges, patients, retours, structures, venues
from .bilan import Bilan
from .calendrier import Calendrier, date_de
from .depot import INCONNUS, Depot
from .hasard import generateur
from .pmsi import ace, had, mco, psy, smr
from .pmsi.commun import Contexte
from .profils import PROFILS, Bornes, Etablissement, groupe
from .taille import Taille

VOLUMINEUX = frozenset({"gam/venues", "dpi/documents", "dpi/transmissions_dmp", "dpi/transmissions_mss"})

ENTETE_ETABLISSEMENTS = (
    "finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had;source_sejours;"
    "activite_combinee;sun_es_ds1_1;sun_es_ds1_2;sun_es_ds1_3;sun_es_ds2_1;sun_es_ds3_1;sun_es_ds4_1;sun_es_ds4_2"
)
GHT = "GHT des Rives claires (fictif)"

Progression = Mapping[str, Mapping[str, Bornes]]


class DossierOccupe(Exception):
    """The target folder holds something else than a demonstration landing zone."""


def ecrire(
    dossier: Path,
    echelle: float = 1.0,
    graine: int = 2023,
    fin: date = date(2023, 12, 31),
    progression: Progression | None = None,
    hl7: Literal["tables", "messages"] = "tables",
    taille: Mapping[str, Any] | None = None,
    suivi: Callable[[int, int, str], None] | None = None,
) -> Bilan:
    """Write the demonstration landing zone; the same arguments always give the same bytes.

    Args:
        dossier: folder to create; a former demonstration is replaced, anything else is refused.
        echelle: factor of the volumes; 1 gives about 4 500 venues, 280 the size of a large group (12 establishments,
            1.2 million venues, 3 GB).
        graine: seed.
        fin: last day of the 14 months.
        progression: shares at the start and end of the months that replace those of a profile, as
            `{"chu": {"envoi": (0.2, 0.9)}}` (profiles `chu`, `ch`, `epsm`; levers in `profils.LEVIERS`).
        hl7: how the general hospital sends its GAM and documents.
        taille: fields of `Taille` that replace those of the scale, such as `{"ej": 12}`.
        suivi: called before each establishment with its rank, their number and its name.

    Returns:
        counts, and what was planted.

    Raises:
        DossierOccupe: the folder exists and is not a demonstration landing zone.
        ValueError: `echelle` is not positive, or an unknown profile, lever or field of `Taille` is named.
    """
    if echelle <= 0:
        raise ValueError("L'échelle doit être un nombre positif.")
    mesure = Taille.a_l_echelle(echelle, taille)
    etablissements = [replace(e, profil=_profil(e, progression)) for e in groupe(mesure.ej)]
    calendrier = Calendrier.jusqu_a(fin)

    provisoire = dossier.with_name(f".{dossier.name}.en_cours")
    _verifier(dossier)
    shutil.rmtree(provisoire, ignore_errors=True)
    provisoire.mkdir(parents=True)
    bilan = Bilan(dossier=dossier, debut=date_de(calendrier.debut), fin=fin)
    depot = Depot(provisoire, calendrier, bilan, graine)
    try:
        depot.texte("etablissements.csv", _etablissements(etablissements))
        for etablissement in etablissements:
            if suivi:
                suivi(etablissement.rang, len(etablissements), etablissement.raison_sociale)
            bilan.etablissements.append(etablissement.finess)
            _etablissement(depot, etablissement, calendrier, graine, echelle, mesure)
    except BaseException:
        shutil.rmtree(provisoire, ignore_errors=True)
        raise
    finally:
        depot.fermer()
    if dossier.exists():
        shutil.rmtree(dossier)
    provisoire.rename(dossier)
    return bilan


def _etablissement(
    depot: Depot,
    etablissement: Etablissement,
    calendrier: Calendrier,
    graine: int,
    echelle: float,
    mesure: Taille,
) -> None:
    finess, cle = etablissement.finess, etablissement.profil.cle

    def ecrire_table(table) -> None:
        depot.table(finess, cle, table, mesure.fichiers if table.flux in VOLUMINEUX else mesure.fichiers_petits)

    lieux = structures.construire(etablissement, calendrier, graine, venues.nombre_prevu(etablissement, echelle))
    sejours = venues.construire(etablissement, calendrier, graine, echelle, lieux)
    personnes = patients.construire(etablissement, calendrier, graine, sejours, lieux.nb_correspondants)
    for table in lieux.tables:
        ecrire_table(table)
    ecrire_table(venues.table(etablissement, sejours, lieux, personnes.ipp))
    ecrire_table(patients.table(personnes))
    ecrire_table(patients.statuts_dmp(etablissement, calendrier, graine, sejours, personnes))
    ecrire_table(activite.venues_correspondants(etablissement, graine, sejours, personnes, lieux))

    operes_dpi, operes_pmsi = activite.actes_chirurgicaux(etablissement, graine, sejours)
    ecrire_table(activite.interventions(etablissement, calendrier, graine, sejours, operes_dpi))
    ecrire_table(activite.prescriptions(etablissement, calendrier, graine, sejours))
    ecrire_table(activite.mises_a_jour(etablissement, calendrier, graine, sejours))

    produits = documents.construire(etablissement, calendrier, graine, sejours, personnes)
    ecrire_table(documents.table(produits, sejours, personnes, generateur(graine, finess, "dpi/documents")))
    ecrire_table(
        activite.rendez_vous(etablissement, calendrier, graine, sejours, personnes, produits, operes_dpi)
    )
    envois = echanges.transmettre(etablissement, calendrier, graine, produits, personnes, mesure.republications)
    ecrire_table(echanges.table_transmissions(envois, len(produits)))
    messages = echanges.ecrire_aux_correspondants(
        etablissement, calendrier, graine, produits, sejours, personnes, lieux, mesure.destinataires
    )
    ecrire_table(
        echanges.table_messages(messages, sejours, personnes, generateur(graine, finess, "dpi/transmissions_mss"))
    )
    ecrire_table(echanges.consulter_dmp(etablissement, calendrier, graine, sejours, personnes, lieux))
    ecrire_table(echanges.recevoir(etablissement, calendrier, graine, len(sejours)))

    for table in retours.nationaux(etablissement, calendrier, graine, sejours, produits, envois, messages):
        ecrire_table(table)
    for table in retours.declaratifs(etablissement, calendrier, graine, lieux):
        ecrire_table(table)
    contexte = Contexte(
        depot=depot,
        etablissement=etablissement,
        calendrier=calendrier,
        graine=graine,
        venues=sejours,
        patients=personnes,
        structures=lieux,
        chirurgie=operes_pmsi,
        cumulatif=mesure.pmsi_cumulatif,
        rum_supplementaires=mesure.rum_supplementaires,
    )
    for fichiers in (mco, smr, had, psy, ace):
        fichiers.ecrire(contexte)
    for chemin, contenu in INCONNUS[cle]:
        depot.texte(f"{finess}/{chemin}", contenu)
        depot.bilan.fichiers_inconnus.append(f"{finess}/{chemin}")


def _profil(etablissement: Etablissement, progression: Progression | None):
    profil = etablissement.profil
    if not progression:
        return profil
    inconnus = set(progression) - {p.cle for p in PROFILS}
    leviers = progression.get(profil.cle, {})
    inconnus |= set(leviers) - set(profil.leviers)
    if inconnus:
        raise ValueError(f"Profil ou levier inconnu : {', '.join(sorted(inconnus))}.")
    return replace(profil, leviers={**profil.leviers, **leviers})


def _etablissements(etablissements: list[Etablissement]) -> str:
    def drapeau(valeur: bool) -> str:
        return "true" if valeur else "false"

    lignes = [ENTETE_ETABLISSEMENTS]
    for e in etablissements:
        noms = ("chirurgie", "ace", "laboratoire_interne", "imagerie_interne", "had")
        activites = [drapeau(e.profil.activites[nom]) for nom in noms]
        cibles = [drapeau(e.profil.cibles_sun_es[c]) for c in ("ds1_1", "ds1_2", "ds1_3", "ds2_1", "ds3_1", "ds4_1", "ds4_2")]
        champs = [e.finess, e.raison_sociale, GHT, *activites, "GAM", f"{e.profil.activite_combinee:g}", *cibles]
        lignes.append(";".join(champs))
    return "\n".join(lignes) + "\n"


def _verifier(dossier: Path) -> None:
    """Refuse a folder that is not empty and that this package did not write."""
    if not dossier.exists():
        return
    if dossier.is_dir() and not any(dossier.iterdir()):
        return
    entete = dossier / "etablissements.csv"
    if dossier.is_dir() and entete.is_file() and GHT in entete.read_text(encoding="utf-8", errors="replace"):
        return
    raise DossierOccupe(f"{dossier} existe et n'est pas un jeu de démonstration : indiquez un autre dossier ou videz celui-ci.")
