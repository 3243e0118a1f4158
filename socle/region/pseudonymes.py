"""Keyed digests in place of what identifies a patient, a document or a correspondent.

One value has one digest whatever its column, so that what joins still joins: HMAC-SHA-256 (RFC 2104) of the value, in
hexadecimal, cut at 128 bits. Nothing comes back to a value without the key, which stays on site.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from socle.parametres import ErreurSocle, raison

OCTETS_MINIMUM = 32
_BLOC = 64
EN_CLAIR = frozenset(
    (
        "acquittement action activite activite_ccam activite_liberale affection_etiologique alimentation_dmp appareillage"
        " association_non_prevue auteur_finess auteur_genre canal cas_usage categorie_biologie categorie_intervenant"
        " categorie_majeure champ classe code code_acte code_erreur code_groupe code_retour code_role colonne colonne_en_double"
        " colonnes_inconnues colonnes_manquantes consultation_dmp delimiteur derniere_sous_sequence destination"
        " diagnostic_principal diagnostic_relie discipline discipline_prestation domaine editeur effet encodage erreur"
        " etablissement etat evenement evenement_annule evenement_origine extension_documentaire extension_pmsi fenetre"
        " finalite_principale finess_ej finess_esms finess_geo finess_pmsi flux format forme_activite fuseau ghm ghpc ght"
        " horaire_dialyse indicateur indicateur_erreur ins_oid integration justification libelle lieu_acte manifestation_morbide"
        " modalite modalite_collective modalite_dialyse modalite_imagerie modalite_pluriprofessionnelle modalite_realisation"
        " mode_entree mode_hospitalisation mode_legal_soins mode_pmsi mode_prise_en_charge_associe"
        " mode_prise_en_charge_principal mode_sortie mode_traitement mode_transmission modificateurs modulateur_lieu"
        " modulateur_patient modulateur_technicite modulateur_temps motif motif_non_facturation nature_acte nature_mouvement"
        " nature_operation nature_prestation niveau niveau_cda niveau_technicite nouveau_ne_aupres_de_la_mere numero_rum"
        " numero_sequence numero_sous_sequence operation phase phase_ccam pole presence_semaine presence_week_end producteur"
        " profil programme provenance raison_sociale rang_naissance remboursement_exceptionnel role secteur sejour_facturable"
        " semaine service_id sexe solution source_sejours specialite_executant statut statut_dmp statut_identite transaction"
        " txa_2 type_autorisation type_code type_enregistrement type_fichier type_hospitalisation type_lieu_domicile"
        " type_message type_prescription type_prestation type_rdv type_seance type_service uf unite_medicale"
        " version_classification version_format zone"
        # Yes, no, or not concerned; a rejected line has a value too.
        " declaratif_declarations.valeur"
    ).split()
)
"""Codes, establishments, states and what only has a meaning beside its key, by column, or relation and column: every other text is
replaced, so that a column that nobody thought of says nothing."""
ADRESSES = frozenset(("adresse", "adresse_acquittee", "adresse_destinataire", "adresse_mss"))
"""The domain of an address says the channel, and stays."""
TEXTES_LIBRES = frozenset(("rejets.valeur", "rejets.autres_fautes"))
"""What a rejected line says may be an identifier: it stays on site."""


class Pseudonymes:
    """The digests that a key gives.

    Args:
        cle: its file, 32 bytes or more.

    Raises:
        ErreurSocle: the file cannot be read, or is too short.
    """

    def __init__(self, cle: Path) -> None:
        """Read the key."""
        try:
            octets = cle.read_bytes()
        except OSError as erreur:
            raise ErreurSocle(
                f"Clé {cle} illisible ({raison(erreur)}) : indiquez un fichier de {OCTETS_MINIMUM} octets."
            ) from None
        if len(octets) < OCTETS_MINIMUM:
            raise ErreurSocle(
                f"Clé {cle} trop courte ({len(octets)} octets) : écrivez-y {OCTETS_MINIMUM} octets au hasard ou plus, par exemple"
                f" « head -c {OCTETS_MINIMUM} /dev/urandom > {cle} »."
            )
        self._cle = octets

    def preparer(self, connexion: duckdb.DuckDBPyConnection) -> None:
        """Give a connection the key, as variables: no statement holds it."""
        cle = (hashlib.sha256(self._cle).digest() if len(self._cle) > _BLOC else self._cle).ljust(_BLOC, b"\0")
        for nom, masque in (("interieur", 0x36), ("exterieur", 0x5C)):
            connexion.execute(f"set variable {nom} = ?", [bytes(octet ^ masque for octet in cle)])

    @staticmethod
    def expression(relation: str, colonne: str, genre: str) -> str:
        """What is sent of a column of a DuckDB type; only a text identifies."""
        if genre != "VARCHAR" or colonne in EN_CLAIR or f"{relation}.{colonne}" in EN_CLAIR:
            return f'"{colonne}"'
        if colonne in ADRESSES:
            local, domaine = (f"split_part(\"{colonne}\", '@', {rang})" for rang in (1, 2))
            return f"{_empreinte(local)} || case when {domaine} = '' then '' else '@' || {domaine} end"
        if f"{relation}.{colonne}" in TEXTES_LIBRES:
            return "cast(null as varchar)"
        return _empreinte(f'"{colonne}"')


def _empreinte(valeur: str) -> str:
    interieure = f"unhex(sha256(getvariable('interieur') || encode({valeur})))"
    return f"left(sha256(getvariable('exterieur') || {interieure}), 32)"
