"""Faulty rows of the tabular exports: copies of good rows with one thing wrong."""

from __future__ import annotations

from dataclasses import dataclass

ILLISIBLE, HORS, VIDE, CHAMPS, DATES = (
    "TYPE_ILLISIBLE", "HORS_VALEURS", "OBLIGATOIRE_VIDE", "NOMBRE_DE_CHAMPS", "DATES_INCOHERENTES",
)  # fmt: skip


@dataclass(frozen=True)
class Faute:
    """One way for a row to be wrong.

    Args:
        colonne: column at fault; empty for a row with a field too few.
        valeur: text put there (`{entree}`: a date long before the venue's entry).
        motif: reason of the reject.
    """

    colonne: str
    valeur: str
    motif: str


_TROP_COURTE = Faute("", "", CHAMPS)

FAUTES: dict[str, tuple[Faute, ...]] = {
    "gam/patients": (
        Faute("date_naissance", "31/02/1950", ILLISIBLE),
        Faute("statut_identite", "INCONNUE", HORS),
        Faute("date_naissance", "", VIDE),
        Faute("identite_douteuse", "peut-être", ILLISIBLE),
    ),
    "gam/venues": (
        Faute("date_sortie", "2015-01-01 08:00:00", DATES),
        Faute("date_entree", "2023-13-45 10:00:00", ILLISIBLE),
        Faute("champ", "SSR", HORS),
        Faute("ipp", "", VIDE),
        Faute("finess_geo", "29999", HORS),
        Faute("nb_seances", "0", HORS),
        _TROP_COURTE,
    ),
    "gam/statuts_dmp": (
        Faute("statut_dmp", "OUVERT", HORS),
        Faute("opposition_alimentation", "", VIDE),
        Faute("date_constat", "hier", ILLISIBLE),
    ),
    "gam/correspondants": (Faute("date_maj", "00/00/0000", ILLISIBLE),),
    "gam/venues_correspondants": (Faute("role", "MEDECIN", HORS), Faute("iep", "", VIDE)),
    "dpi/documents": (
        Faute("version", "0", HORS),
        Faute("version", "deux", ILLISIBLE),
        Faute("type_code", "", VIDE),
        Faute("niveau_cda", "N2", HORS),
        Faute("date_creation", "", VIDE),
        Faute("producteur", "LABO", HORS),
        _TROP_COURTE,
    ),
    "dpi/transmissions_dmp": (
        Faute("statut", "OK", HORS),
        Faute("operation", "", VIDE),
        Faute("date_envoi", "2023-02-30 08:00:00", ILLISIBLE),
        _TROP_COURTE,
    ),
    "dpi/transmissions_mss": (
        Faute("canal", "PATIENT", HORS),
        Faute("ipp", "", VIDE),
        Faute("date_envoi", "20/2023", ILLISIBLE),
    ),
    "dpi/consultations_dmp": (Faute("transaction", "TD2.1", HORS), Faute("utilisateur_id", "", VIDE)),
    "dpi/prescriptions": (
        Faute("type_prescription", "KINE", HORS),
        Faute("informatisee", "partiel", ILLISIBLE),
        Faute("iep", "", VIDE),
    ),
    "dpi/rendez_vous": (Faute("type_rdv", "SCANNER", HORS), Faute("programme", "", VIDE)),
    "dpi/documents_recus_mss": (Faute("integration", "MIXTE", HORS),),
    "dpi/interventions": (Faute("chirurgicale", "", VIDE),),
}

TAUX = 0.0009
"""Share of faulty rows."""


def nombre_de_fautes(nb_lignes: int) -> int:
    """Return how many faulty rows a file of `nb_lignes` rows gets (at most 60)."""
    return min(60, round(nb_lignes * TAUX + 0.2))
