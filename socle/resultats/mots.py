"""How a figure, a period and a state are written, wherever they are: the terminal, the page, the dossier, the reports.

A rate has one decimal, rounded half up; one that is below its target takes as many decimals as it needs not to look equal to it.
The page writes the figures of its charts by the same rules (``tableau_de_bord/formats.js``).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

ATTEINT, NON_ATTEINT, SANS_CIBLE = "ATTEINT", "NON_ATTEINT", "SANS_CIBLE"
NON_MESURE, NON_APPLICABLE = "NON_MESURE", "NON_APPLICABLE"
ETATS = {
    ATTEINT: "Atteint",
    NON_ATTEINT: "Non atteint",
    SANS_CIBLE: "Suivi sans cible",
    NON_MESURE: "Non mesuré",
    NON_APPLICABLE: "Non applicable",
}
"""Values of ``marts.indicateurs.situation`` in words. Not measured: asked, and not told by what is received."""

SIGNES = {ATTEINT: "✓", NON_ATTEINT: "✗"}
RIEN = "—"
OUI_NON = {True: "Oui", False: "Non", None: RIEN}
DECLARES = {"OUI": "Oui", "NON": "Non", "NA": "Non applicable", "NON_DECLARE": "Non déclaré"}
"""What the hospital declares, in words."""

_MOIS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet",
         "août", "septembre", "octobre", "novembre", "décembre")  # fmt: skip
_MOIS_COURTS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def libelle_periode(debut: date, fin: date) -> str:
    """A period as one reads it: « décembre 2023 », « 1–15 déc. 2023 », « oct. – déc. 2023 », « au 31/12/2023 »."""
    if debut == fin:
        return f"au {fin:%d/%m/%Y}"
    if (debut.year, debut.month) != (fin.year, fin.month):
        annee = f" {debut.year}" if debut.year != fin.year else ""
        return f"{_MOIS_COURTS[debut.month - 1]}{annee} – {_MOIS_COURTS[fin.month - 1]} {fin.year}"
    if debut.day == 1 and fin.day > 15:
        return f"{_MOIS[debut.month - 1]} {debut.year}"
    return f"{debut.day}–{fin.day} {_MOIS_COURTS[debut.month - 1]} {debut.year}"


def libelle_jour(jour: date) -> str:
    """A day in words: « 1er mars 2024 »."""
    return f"{'1er' if jour.day == 1 else jour.day} {_MOIS[jour.month - 1]} {jour.year}"


def _arrondir(valeur: float, decimales: int) -> Decimal:
    return Decimal(valeur).quantize(Decimal(1).scaleb(-decimales), ROUND_HALF_UP)


def nombre(valeur: float | int | None, decimales: int = 0) -> str:
    """A number as the French write it: narrow no-break space between thousands, decimal comma, dash for nothing."""
    if valeur is None:
        return RIEN
    arrondie = _arrondir(valeur, decimales)
    return f"{arrondie or abs(arrondie):,f}".replace(",", "\u202f").replace(".", ",").replace("-", "\u2212")


def pourcentage(taux: float | None, cible: float | None = None) -> str:
    """A rate with one decimal and a no-break space before the sign.

    Args:
        taux: percentage, not rounded.
        cible: its target; a rate below it is given as many decimals as it takes not to look equal to it.
    """
    if taux is None:
        return RIEN
    decimales = 1
    while cible is not None and taux < cible <= _arrondir(taux, decimales):
        decimales += 1
    return f"{nombre(taux, decimales)}\u00a0%"


def objectif(cible: float | None) -> str:
    """A target: « 80 % »."""
    return RIEN if cible is None else f"{nombre(cible)}\u00a0%"


def points(ecart: float | None) -> str:
    """A difference of rates, signed, in points."""
    if ecart is None:
        return RIEN
    arrondi = _arrondir(ecart, 1)
    return f"{'+' if arrondi > 0 else ''}{nombre(ecart, 1)}\u00a0pt{'s' if abs(arrondi) >= 2 else ''}"


def variation(ecart: int) -> str:
    """A signed number: « +3 », « −1 200 », « 0 »."""
    return f"{'+' if ecart > 0 else ''}{nombre(ecart)}"


def instant(moment: datetime) -> str:
    """An instant in words, in the machine's time zone: « 1er mars 2024 à 9 h 05 »."""
    local = moment.astimezone()
    return f"{libelle_jour(local.date())} à {local.hour} h {local:%M}"


def euros(montant: float | Decimal | None) -> str:
    """An amount, with its cents when it has some."""
    if montant is None:
        return RIEN
    decimales = 0 if _arrondir(float(montant), 2) == _arrondir(float(montant), 0) else 2
    return f"{nombre(float(montant), decimales)}\u00a0€"


def accorder(nb: int, unite: str, unites: str) -> str:
    """A number with its unit: « 1 séjour », « 12 séjours »."""
    return f"{nombre(nb)}\u00a0{unite if abs(nb) < 2 else unites}"


def valeur_en_mots(valeur: object) -> str:
    """What a cell of a table holds: a truth, a day, a number or a text."""
    if valeur is None or isinstance(valeur, bool):
        return OUI_NON[valeur]
    if isinstance(valeur, date):
        return f"{valeur:%d/%m/%Y}"
    return nombre(valeur) if isinstance(valeur, int) else str(valeur)


def minuscule(texte: str) -> str:
    """A sentence's beginning inside another; an acronym keeps its capitals."""
    return texte if texte[1:2].isupper() else texte[:1].lower() + texte[1:]
