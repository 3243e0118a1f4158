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
IDENTIFIANTS = frozenset(
    # Patients and their venues.
    "ipp ipp_message ipp_absorbe ipp_conserve ins_matricule iep dossier numero numero_venue numero_sejour nda nda_mere numero_rss"
    " numero_entree numero_facture"
    # Documents and exchanges.
    " document_id set_id parent_id txa_12 txa_13 transmission_id transaction_id lot_id message_id acquitte_id reception_id"
    " prescription_id rdv_id intervention_id mouvement_id"
    # Correspondents and users.
    " correspondant_id personne_acquittee utilisateur_id intervenant".split()
)
ADRESSES = frozenset(("adresse", "adresse_acquittee", "adresse_destinataire", "adresse_mss"))
"""The domain of an address says the channel, and stays."""
TEXTES_LIBRES = frozenset(("valeur", "autres_fautes"))
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
    def expression(colonne: str, genre: str) -> str:
        """What is sent of a column of a DuckDB type; only a text identifies."""
        if genre == "VARCHAR" and colonne in IDENTIFIANTS:
            return _empreinte(f'"{colonne}"')
        if colonne in ADRESSES:
            local, domaine = (f"split_part(\"{colonne}\", '@', {rang})" for rang in (1, 2))
            return f"{_empreinte(local)} || case when {domaine} = '' then '' else '@' || {domaine} end"
        if colonne in TEXTES_LIBRES:
            return "cast(null as varchar)"
        return f'"{colonne}"'


def _empreinte(valeur: str) -> str:
    interieure = f"unhex(sha256(getvariable('interieur') || encode({valeur})))"
    return f"left(sha256(getvariable('exterieur') || {interieure}), 32)"
