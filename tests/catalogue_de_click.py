"""The compiled French catalogue of click's messages: ``python tests/catalogue_de_click.py`` writes it again from its source."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOSSIER = Path(__file__).resolve().parents[1] / "socle" / "traductions" / "fr" / "LC_MESSAGES"


def compiler() -> bytes:
    """The catalogue as gettext reads it."""
    with open(DOSSIER / "messages.po", "rb") as source:
        catalogue = read_po(source, locale="fr")
    tampon = io.BytesIO()
    write_mo(tampon, catalogue)
    return tampon.getvalue()


if __name__ == "__main__":
    (DOSSIER / "messages.mo").write_bytes(compiler())
