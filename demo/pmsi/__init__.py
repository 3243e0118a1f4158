"""PMSI files of the demonstration, in the fixed-width formats of the ATIH."""

from ..site import Site
from . import externes, mco, parties


def ecrire_pmsi(site: Site) -> None:
    """Write all the PMSI files of one establishment."""
    for fichiers in (mco, parties, externes):
        fichiers.ecrire(site)
