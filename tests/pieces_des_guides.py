"""The tables of docs/PIECES.md that the seeds tell: ``python tests/pieces_des_guides.py`` writes them again."""

from __future__ import annotations

from pathlib import Path

from socle import graines
from socle.resultats.programmes import connus

PAGE = Path(__file__).resolve().parents[1] / "docs" / "PIECES.md"
DEBUT, FIN = "<!-- tables -->\n", "<!-- fin des tables -->"
QUI = {
    "dossier": "dans le dossier",
    "exemple": "par une commande",
    "etablissement": "non : pièce de l’établissement",
    "hors_champ": "non : hors du champ",
}
CONDITIONS = {
    "": "",
    "HAD_SANS_ORDONNANCE": "si une HAD n’a produit aucune ordonnance dans le mois",
    "AUCUNE_ALIMENTATION": "si rien n’a été alimenté dans le mois",
    "AUTRES_DOCUMENTS": "si d’autres documents que les obligatoires partent",
}


def tables() -> str:
    """Documents of each programme, then the prerequisites, then the form fields."""
    lignes: list[str] = []
    for programme, nom in ((p.code, p.libelle) for p in connus().values()):
        lignes += [
            f"### {nom}",
            "",
            "| fiche | document | socle le fait | où, ou pourquoi non | quand | source |",
            "|---|---|---|---|---|---|",
        ]
        for p in graines.lire("justificatifs_osis"):
            if p["programme"] == programme:
                lignes.append(
                    f"| {p['indicateur'] or 'programme'} | {p['piece']} | {QUI[p['fourni_par']]} | {p['ou']} |"
                    f" {CONDITIONS[p['condition']]} | {p['source']} |"
                )
        for p in graines.lire("prerequis_programmes"):
            if p["programme"] == programme:
                lignes.append(
                    f"| prérequis {p['code']} | {p['libelle']} | non : pièce de l’établissement | son état déclaré"
                    f" (`{p['code_declaration']}`) est dans « Prérequis déclarés » | à la candidature | {p['source']} |"
                )
        lignes.append("")
    lignes += [
        "### Champs des formulaires",
        "",
        "| fiche | n° | champ | norme | socle le donne | source |",
        "|---|---|---|---|---|---|",
    ]
    for c in graines.lire("champs_osis"):
        if c["formulaire"] == "SUPPORT":
            donne = "« FINESS PMSI et sites »" if c["colonne"] == "finess_pmsi" else "non : propre à la demande d’assistance"
        elif c["saisie"] == "non":
            donne = "« Saisie dans oSIS », pour contrôler ce qu’oSIS affiche"
        elif c["colonne"]:
            donne = "« Saisie dans oSIS »"
        else:
            donne = "« Chiffres nationaux », à joindre"
        lignes.append(f"| {c['formulaire']} | {c['ordre']} | {c['intitule']} | {c['norme']} | {donne} | {c['source']} |")
    return "\n".join(lignes) + "\n"


def page() -> str:
    """The page as it should be."""
    avant, _, reste = PAGE.read_text(encoding="utf-8").partition(DEBUT)
    return avant + DEBUT + tables() + FIN + reste.partition(FIN)[2]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
