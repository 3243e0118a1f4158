"""The whole demonstration landing zone, establishment by establishment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from . import activite, documents, echanges, patients, retours, structures, venues
from .bilan import Bilan
from .calendrier import Calendrier, date_de
from .depot import INCONNUS, Depot
from .hasard import generateur
from .interfaces.dpi import MessagesDocuments
from .interfaces.gam import MessagesGam
from .pmsi import ace, had, mco, psy, smr
from .pmsi.commun import Contexte
from .profils import PROFILS, SORTE, Bornes, Etablissement, groupe
from .taille import Taille

VOLUMINEUX = frozenset({"gam/venues", "dpi/documents", "dpi/transmissions_dmp", "dpi/transmissions_mss"})

ENTETE_ETABLISSEMENTS = (
    "finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had;source_sejours;"
    "activite_combinee;sun_es_ds1_1;sun_es_ds1_2;sun_es_ds1_3;sun_es_ds2_1;sun_es_ds3_1;sun_es_ds4_1;sun_es_ds4_2"
)
GHT = "GHT des Rives claires (fictif)"

Progression = Mapping[str, Mapping[str, Bornes]]
Envoi = Literal["tables", "messages"]
PROFIL_MESSAGES = "ch"
"""Profile whose establishments may send HL7 messages."""


class DossierOccupe(Exception):
    """The target folder holds something else than a demonstration landing zone."""


def ecrire(
    dossier: Path,
    echelle: float = 1.0,
    graine: int = 2023,
    fin: date = date(2023, 12, 31),
    progression: Progression | None = None,
    hl7: Envoi = "tables",
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
        hl7: how the general hospitals send their GAM and documents: the same activity as tables, or as HL7 v2 messages
            with tables for what messages do not say.
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
            _etablissement(depot, etablissement, calendrier, graine, echelle, mesure, hl7)
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
    hl7: Envoi,
) -> None:
    """Write everything of one establishment: tables or messages, then the PMSI files."""
    finess, cle = etablissement.finess, etablissement.profil.cle
    sujet = (etablissement, calendrier, graine)
    lieux = structures.construire(*sujet, venues.nombre_prevu(etablissement, echelle))
    sejours = venues.construire(*sujet, echelle, lieux)
    personnes = patients.construire(*sujet, sejours, lieux.nb_correspondants)
    operes_dpi, operes_pmsi = activite.actes_chirurgicaux(etablissement, graine, sejours)
    produits = documents.construire(*sujet, sejours, personnes)
    envois = echanges.transmettre(*sujet, produits, personnes, mesure.republications)
    messages = echanges.ecrire_aux_correspondants(*sujet, produits, sejours, personnes, lieux, mesure.destinataires)
    des_documents = documents.table(produits, sejours, personnes, generateur(graine, finess, "dpi/documents"))
    des_messages = echanges.table_messages(messages, sejours, personnes, generateur(graine, finess, "dpi/transmissions_mss"))
    constats = patients.statuts_dmp(*sujet, sejours, personnes)
    correspondants = activite.venues_correspondants(etablissement, graine, sejours, personnes, lieux)
    tables = [
        *lieux.tables,
        venues.table(etablissement, sejours, lieux, personnes.ipp),
        patients.table(personnes),
        constats,
        correspondants,
        activite.interventions(*sujet, sejours, operes_dpi),
        activite.prescriptions(*sujet, sejours),
        activite.mises_a_jour(*sujet, sejours),
        des_documents,
        activite.rendez_vous(*sujet, sejours, personnes, produits, operes_dpi),
        echanges.table_transmissions(envois, len(produits)),
        des_messages,
        echanges.consulter_dmp(*sujet, sejours, personnes, lieux),
        echanges.recevoir(*sujet, len(sejours)),
        *retours.nationaux(*sujet, sejours, produits, envois, messages),
        *retours.declaratifs(*sujet, lieux),
    ]
    reste: dict[str, np.ndarray] = {}
    if hl7 == "messages" and cle == PROFIL_MESSAGES:
        MessagesGam(depot, *sujet, sejours, personnes, lieux).ecrire(constats, correspondants)
        interface = MessagesDocuments(depot, etablissement, graine, sejours, personnes, produits, des_documents)
        interface.ecrire(envois, messages)
        # What no message says stays in the tables.
        reste = {
            "gam/venues": sejours.sorte == SORTE["externe"],
            "gam/patients": np.zeros(int(personnes.connu.sum()), dtype=bool),
            "gam/statuts_dmp": np.zeros(len(constats), dtype=bool),
            "gam/venues_correspondants": np.zeros(len(correspondants), dtype=bool),
            "dpi/documents": ~interface.portes,
            "dpi/transmissions_dmp": ~interface.transmissions_portees(envois),
            "dpi/transmissions_mss": ~interface.messages_portes(messages),
        }
    for table in tables:
        gardee = table.restreindre(np.flatnonzero(reste[table.flux])) if table.flux in reste else table
        depot.table(finess, cle, gardee, mesure.fichiers if table.flux in VOLUMINEUX else mesure.fichiers_petits)

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
