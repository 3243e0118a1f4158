"""The tables of docs/CONTRAT.md that the seeds tell: ``python tests/tables_du_contrat.py`` writes them again."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from socle import graines
from socle.lecture.contrat import contrat

PAGE = Path(__file__).resolve().parents[1] / "docs" / "CONTRAT.md"
DEBUT, FIN = "<!-- tables -->\n", "<!-- fin des tables -->"


def tables() -> str:
    """One row a flux with its indicators, then one row a column that may be replaced."""
    indicateurs: dict[str, list[str]] = defaultdict(list)
    for ligne in sorted(graines.lire("catalogue_indicateurs"), key=lambda ligne: int(ligne["ordre"])):
        for besoin in ligne["flux"].split(", "):
            for flux in besoin.split(" | "):
                indicateurs[flux].append(ligne["indicateur"] + (" (ou l’autre flux)" if " | " in besoin else ""))
    tenus = {ligne["flux"]: ligne["flux_messages"] for ligne in graines.lire("flux_des_messages")}
    lignes = ["| flux | clé | indicateurs | messages qui en tiennent lieu |", "|---|---|---|---|"]
    for flux in sorted({*contrat(), *indicateurs} - {"reference/etablissements"}):
        cle = ", ".join(f"`{c.nom}`" for c in contrat().get(flux, ()) if c.cle)
        lignes.append(
            f"| `{flux}` | {cle} | {', '.join(indicateurs[flux]) or '—'} | {f'`{tenus[flux]}`' if flux in tenus else ''} |"
        )
    lignes += ["", "| colonne | obligatoire | à défaut | effet |", "|---|---|---|---|"]
    for sure in graines.lire("valeurs_sures"):
        colonne = next(c for c in contrat()[sure["flux"]] if c.nom == sure["colonne"])
        valeur = f"`{sure['valeur']}`" if sure["valeur"] else "vide"
        lignes.append(
            f"| `{sure['flux']}.{sure['colonne']}` | {'oui' if colonne.obligatoire else ''} | {valeur} | {sure['effet']} |"
        )
    return "\n".join(lignes) + "\n"


def page() -> str:
    """The page as it should be."""
    avant, _, reste = PAGE.read_text(encoding="utf-8").partition(DEBUT)
    return avant + DEBUT + tables() + FIN + reste.partition(FIN)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
