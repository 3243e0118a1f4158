"""The columns of ``depot`` and of staging in dbt's YAML: ``python tests/colonnes_du_depot.py`` writes them again.

What the seeds say of a column (``contrat_flux``, ``pmsi_positions``, ``pmsi_zones``) becomes the doc block ``<relation>__<column>``
of ``_contrat.md``. For any other column the block is written by hand: ``<relation>__<column>``, else that of the interface
(``gam_hl7__…``, ``dpi_hl7__…``), else that of all the messages or all the PMSI (``hl7__…``, ``pmsi__…``), else ``<column>``.
"""

from __future__ import annotations

import re
from pathlib import Path

from socle.lecture.contrat import Colonne, contrat
from socle.lecture.depot import vues_vides
from socle.lecture.pmsi import ZONES
from socle.lecture.pmsi_formats import LIGNES, Champ, formats

RACINE = Path(__file__).resolve().parents[1]
STAGING = RACINE / "models" / "staging"
CONTRAT, DEPOT, MODELES = (STAGING / nom for nom in ("_contrat.md", "_depot.yml", "_staging.yml"))
UNITES = {"montant": ", en euros", "semaine": " (SSAAAA : la semaine, puis l’année)", "cim10": ", en CIM-10"}
"""What the type of a field of the PMSI says beside its label."""

_NOM = re.compile(r'(?:\w+[.])?"?(\w+)"?')


def relations() -> dict[str, list[str]]:
    """Columns of each view of ``depot``."""
    import duckdb

    with duckdb.connect(":memory:") as moteur:
        for vue in vues_vides():
            moteur.execute(vue)
        colonnes = moteur.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() where schema_name = 'depot' group by all"
        ).fetchall()
    return dict(colonnes)


def dites_par_les_seeds() -> dict[str, str]:
    """Text of each doc block that the seeds tell."""
    blocs = {
        f"{flux.replace('/', '_')}__{colonne.nom}": _du_contrat(colonne)
        for flux, colonnes in contrat().items()
        for colonne in colonnes
    }
    for relation, fichier in LIGNES.items():
        blocs |= _du_pmsi(relation, [("", lu.champs) for lu in formats()[fichier]])
    for relation, (fichier, noms) in ZONES.items():
        blocs |= _du_pmsi(relation, [(z.nom, z.champs) for lu in formats()[fichier] for z in lu.zones if z.nom in noms])
    return blocs


def _du_contrat(colonne: Colonne) -> str:
    valeurs = f" Valeurs : {', '.join(colonne.valeurs)}." if colonne.valeurs else ""
    return f"{colonne.description}.{valeurs}{'' if colonne.obligatoire else ' Facultatif : vide si l’export ne le dit pas.'}"


def _du_pmsi(relation: str, lus: list[tuple[str, tuple[Champ, ...]]]) -> dict[str, str]:
    """Of each field of the formats (zone, fields), the latest first, its label; where zones differ, that of each."""
    libelles: dict[str, dict[str, str]] = {}
    for zone, champs in lus:
        for champ in champs:
            texte = champ.libelle.split(" (*")[0] + UNITES.get(champ.type, "")
            libelles.setdefault(champ.nom, {}).setdefault(zone, texte)
    blocs = {}
    for nom, par_zone in libelles.items():
        differents = dict.fromkeys(par_zone.values())
        texte = (
            " ; ".join(f"{zone} : {libelle}" for zone, libelle in par_zone.items())
            if len(differents) > 1
            else next(iter(differents))
        )
        absent = not all(nom in {champ.nom for champ in champs} for _, champs in lus)
        blocs[f"pmsi_{relation}__{nom}"] = f"{texte}.{' Vide dans les lignes dont le format ne le porte pas.' if absent else ''}"
    return blocs


def bloc(relation: str, colonne: str, connus: set[str]) -> str:
    """Name of the doc block of a column.

    Raises:
        LookupError: nobody describes it.
    """
    interface = relation[:7] if relation[4:7] == "hl7" else "pmsi" if relation.startswith("pmsi_") else relation
    candidats = [f"{relation}__{colonne}", f"{interface}__{colonne}"]
    candidats += [f"hl7__{colonne}"] * (relation[4:7] == "hl7") + [colonne]
    for nom in candidats:
        if nom in connus:
            return nom
    raise LookupError(f"{relation}.{colonne} : aucun bloc {' ni '.join(candidats)}")


def selection(sql: str) -> dict[str, str]:
    """Columns of a model of staging, each with the column of ``depot`` that it comes from."""
    colonnes = {}
    for ligne in re.sub(r"--.*", "", sql).partition("select\n")[2].partition("\nfrom ")[0].split(",\n"):
        if expression := ligne.strip():
            origine, _, nom = expression.rpartition(" as ")
            simple = _NOM.fullmatch(origine)
            colonnes[nom] = simple[1] if simple else nom
    return colonnes


def pages() -> dict[Path, str]:
    """The three files as they should be."""
    seeds = dites_par_les_seeds()
    a_la_main = (RACINE / dossier for dossier in ("models", "seeds"))
    textes = [page.read_text(encoding="utf-8") for dossier in a_la_main for page in dossier.rglob("*.md") if page != CONTRAT]
    connus = {*seeds, *re.findall(r"{% docs (\w+) %}", "".join(textes))}
    depot = relations()
    sources = {nom: {colonne: bloc(nom, colonne, connus) for colonne in colonnes} for nom, colonnes in depot.items()}
    modeles = {}
    for modele in STAGING.rglob("stg_*.sql"):
        sql = modele.read_text(encoding="utf-8")
        source = re.findall(r"source\('depot', '(\w+)'\)", sql)[0]
        modeles[modele.stem] = {nom: bloc(source, origine, connus) for nom, origine in selection(sql).items()}
    employes = {nom for colonnes in (*sources.values(), *modeles.values()) for nom in colonnes.values()}
    blocs = [f"{{% docs {nom} %}}\n{texte}\n{{% enddocs %}}\n" for nom, texte in seeds.items() if nom in employes]
    return {CONTRAT: "\n".join(blocs), DEPOT: _page(DEPOT, sources), MODELES: _page(MODELES, modeles)}


def _page(fichier: Path, colonnes: dict[str, dict[str, str]]) -> str:
    """A YAML file whose names and descriptions are written by hand, with the columns after each."""
    # A column is the only entry in flow style.
    lignes = [
        ligne for ligne in fichier.read_text(encoding="utf-8").splitlines() if not re.match(r" +(columns:|- \{name: )", ligne)
    ]
    page: list[str] = []
    marge, nom = "", ""
    for rang, ligne in enumerate(lignes):
        page.append(ligne)
        if ouvre := re.match(r"( +)- name: (\w+)$", ligne):
            marge, nom = ouvre.groups()
        finit = rang + 1 == len(lignes) or re.match(r" +- name: |$", lignes[rang + 1])
        if finit and ligne and nom in colonnes:
            page.append(f"{marge}  columns:")
            page += [
                f"{marge}    - {{name: {col}, description: \"{{{{ doc('{doc}') }}}}\"}}" for col, doc in colonnes[nom].items()
            ]
    return "\n".join(page) + "\n"


if __name__ == "__main__":
    for fichier, texte in pages().items():
        fichier.write_text(texte, encoding="utf-8")
