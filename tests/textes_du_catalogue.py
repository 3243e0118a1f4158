"""What the catalogue and the headers of the populations tell elsewhere: ``python tests/textes_du_catalogue.py`` writes it again.

The lists of tables that models unite (``macros/catalogue.sql``: dbt must know them before it reads any seed), the descriptions of
the populations, whose text is the header of their file, those of the marts of the indicators, and in the pages of ``docs/`` the
table of each programme and what a séjour is, with the values of the variables.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import colonnes_du_depot
import yaml

from socle import graines

RACINE = Path(__file__).resolve().parents[1]
POPULATIONS = RACINE / "models" / "populations"
MARTS = RACINE / "models" / "marts"
PERIODES = {
    "mois": "par mois",
    "quinzaine": "par quinzaine",
    "trimestre_glissant": "par trimestre glissant",
    "semestre_glissant": "par semestre glissant",
    "instant": "au jour de l’extraction",
}
UNITE_DE_PERIODE = {"instant": "jour de l’extraction", "trimestre_glissant": "3 mois", "semestre_glissant": "6 mois"}
SEJOURS = "(?s)(?<=<!-- séjours -->\n).*(?=<!-- fin des séjours -->)"
DEBUT, FIN = "<!-- indicateurs -->\n", "<!-- fin des indicateurs -->"
AXES = {"": "", "type_code": ", par type de document", "profil": ", par profil", "nature de la venue": ", par nature de la venue"}


def colonnes(sql: str) -> list[str]:
    """Columns of the last select of a model."""
    dernier = "select" + re.split(r"(?m)^select", sql)[-1].removeprefix(" distinct")
    return [nom.rpartition(".")[2] for nom in colonnes_du_depot.selection(dernier)]


def entete(sql: str) -> str:
    """What the header of a population says, in one paragraph."""
    lignes = re.match(r"(?:--.*\n)+", sql)
    assert lignes, "une population commence par ce qu’elle compte"
    return " ".join(ligne.removeprefix("--").strip() for ligne in lignes[0].splitlines()).replace("'", "’")


def catalogue() -> list[dict[str, str]]:
    """Rows of the catalogue, in its order."""
    return sorted(graines.lire("catalogue_indicateurs"), key=lambda ligne: int(ligne["ordre"]))


def populations() -> dict[str, str]:
    """SQL of each population, in the order of the folders."""
    return {fichier.stem: fichier.read_text(encoding="utf-8") for fichier in sorted(POPULATIONS.rglob("*.sql"))}


def pages() -> dict[Path, str]:
    """Each file as it should be."""
    return {
        RACINE / "macros" / "catalogue.sql": _listes(),
        POPULATIONS / "_populations.yml": _populations(),
        MARTS / "_indicateurs.yml": _indicateurs(),
    } | dict(_tableaux())


def _listes() -> str:
    lignes, sqls = catalogue(), populations()
    taux = dict.fromkeys(ligne["population"] for ligne in lignes if ligne["nature"] == "taux")
    entonnoirs = {ligne["population"] for ligne in lignes if ligne["entonnoir"] == "oui"}
    marts = "".join(
        f"    {{'nom': '{ligne['nom_table']}', 'recueil': {_jinja('mois_recueil' in propres(ligne))}}},\n" for ligne in lignes
    )
    unites = "".join(
        f"    {{'nom': '{nom}', 'partagee': {_jinja('indicateur' in colonnes(sqls[nom]))}, 'etape': {_jinja(nom in entonnoirs)}}},\n"
        for nom in taux
        if nom in sqls
    )
    return (
        "{#- Written from the catalogue: `make derives`. -#}\n\n"
        "{#- The table of each indicator, in the order of the catalogue; recueil: it says which months a campaign lets one choose. -#}\n"
        f"{{% macro tables_des_indicateurs() %}}{{{{ return([\n{marts}]) }}}}{{% endmacro %}}\n\n"
        "{#- The population of each rate; partagee: it says itself which indicator a row is for; etape: it has steps to the DMP. -#}\n"
        f"{{% macro populations_des_taux() %}}{{{{ return([\n{unites}]) }}}}{{% endmacro %}}\n"
    )


def propres(ligne: dict[str, str]) -> list[str]:
    """Columns that the mart of an indicator has beside those of all."""
    fichier = MARTS / ligne["programme"].lower() / f"{ligne['nom_table']}.sql"
    appel = fichier.read_text(encoding="utf-8").rpartition("{{ ")[2] if fichier.exists() else ""
    ajoutees = re.findall(r"'(\w+)'", "".join(re.findall(r"colonnes=\[(.*?)\]", appel)))
    return ajoutees + re.findall(r"(?m)^ +'(\w+)': ", appel)


def _jinja(vrai: bool) -> str:
    return str(vrai).lower()


def _populations() -> str:
    connus = set(re.findall(r"{% docs (\w+) %}", (POPULATIONS / "_colonnes.md").read_text(encoding="utf-8")))
    return _page(
        "the headers of the populations",
        [
            (nom, entete(sql), {c: f"population__{c}" if f"population__{c}" in connus else c for c in colonnes(sql)})
            for nom, sql in populations().items()
        ],
    )


def _indicateurs() -> str:
    macros = (RACINE / "macros" / "taux.sql").read_text(encoding="utf-8")
    communes = colonnes(macros.partition("{% macro compter")[2].partition("from {{")[0])
    modeles = []
    for ligne in catalogue():
        titre = f"{ligne['indicateur']} — {ligne['libelle']}, {PERIODES[ligne['periode']]}{AXES[ligne['axe']]}."
        modeles.append((ligne["nom_table"], titre, {c: c for c in communes + propres(ligne)}))
    return _page("the catalogue", modeles)


def _tableaux() -> Iterator[tuple[Path, str]]:
    definitions = {ligne["indicateur"]: ligne for ligne in graines.lire("definitions")}
    cibles: dict[str, list[str]] = defaultdict(list)
    for ligne in graines.lire("cibles"):
        cibles[ligne["indicateur"]].append(_cible(ligne))
    lignes = [ligne for ligne in catalogue() if ligne["indicateur"] in definitions]
    for page in sorted((RACINE / "docs").glob("*.md")):
        texte = re.sub(SEJOURS, lambda _: _sejours(), page.read_text(encoding="utf-8"))
        avant, marque, reste = texte.partition(DEBUT)
        if marque:
            tableau = "| | ce qui est compté | ce que le calcul retient | période | cible | flux |\n|---|---|---|---|---|---|\n"
            for ligne in lignes:
                if ligne["programme"] == page.stem:
                    dit = definitions[ligne["indicateur"]]
                    tableau += (
                        f"| {ligne['indicateur']} | {dit['definition']} | {dit['lecture_retenue']} |"
                        f" {UNITE_DE_PERIODE.get(ligne['periode'], ligne['periode'])} |"
                        f" {' ; '.join(dict.fromkeys(cibles[ligne['indicateur']])) or '—'} |"
                        f" {', '.join(f'`{besoin}`' for besoin in ligne['flux'].replace(' | ', '` ou `').split(', '))} |\n"
                    )
            yield page, avant + DEBUT + tableau + FIN + reste.partition(FIN)[2]


def _sejours() -> str:
    """What a séjour is, activity by activity, in the words of the dossiers."""
    variables = yaml.safe_load((RACINE / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    libelles = {(ligne["liste"], ligne["code"]): ligne["libelle"] for ligne in graines.lire("libelles_dossier")}
    activites: dict[str, list[str]] = defaultdict(list)
    for (liste, code), libelle in libelles.items():
        if liste == "DEFINITION_SEJOUR":
            activites[libelle.format_map(variables)].append(libelles["PARCOURS", code])
    lignes = "".join(f"| {', '.join(noms)} | {texte} |\n" for texte, noms in activites.items())
    return f"| activité | ce qui est un séjour |\n|---|---|\n{lignes}"


def _cible(ligne: dict[str, str]) -> str:
    """A target, with what it depends on."""
    si = ligne["cible_si_sun_es_atteint"] if ligne["drapeau_sun_es"] else ""
    periode = "–".join("/".join(reversed(jour.split("-")[:2])) for jour in (ligne["date_debut"], ligne["date_fin"]) if jour)
    dans = f"variante {ligne['variante']}" if ligne["variante"] else periode
    return f"{ligne['cible']} %{f', {si} % si la cible SUN-ES est atteinte' if si else ''}{f' ({dans})' if dans else ''}"


def _page(origine: str, modeles: list[tuple[str, str, dict[str, str]]]) -> str:
    """A YAML page: name, description and columns (with their doc blocks) of each model; equal columns are written once."""
    page, ancres = f"# Written from {origine}: `make derives`.\nmodels:\n", dict[tuple[str, ...], str]()
    for nom, description, blocs in modeles:
        page += f"  - name: {nom}\n    description: {json.dumps(description, ensure_ascii=False)}\n"
        if ancre := ancres.get(tuple(blocs)):
            page += f"    columns: *{ancre}\n"
            continue
        ancres[tuple(blocs)] = f"colonnes_{len(ancres) + 1}"
        page += f"    columns: &{ancres[tuple(blocs)]}\n"
        page += "".join(f"      - {{name: {col}, description: \"{{{{ doc('{bloc}') }}}}\"}}\n" for col, bloc in blocs.items())
    return page


if __name__ == "__main__":
    for fichier, texte in pages().items():
        fichier.write_text(texte, encoding="utf-8")
