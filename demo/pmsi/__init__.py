"""PMSI files of the demonstration, in the fixed-width formats of the ATIH."""

from ..depot import Depot
from ..site import Site
from . import ace, had, mco, psy, smr


def ecrire_pmsi(depot: Depot, site: Site) -> None:
    """Write all the PMSI files of one establishment."""
    for champ in (mco, smr, had, psy, ace):
        champ.ecrire(depot, site)
