"""The fixed-width formats of the PMSI, as the seeds say them, and the SQL that cuts, checks and types a line of each.

Seeds pmsi_versions, pmsi_positions and pmsi_zones say everything: a new version is its differences. In the SQL, ``texte`` is a line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from socle import graines

JOUR = (
    "(?:(?:(?:0[1-9]|1[0-9]|2[0-8])(?:0[1-9]|1[0-2])|(?:29|30)(?:0[13-9]|1[0-2])|31(?:0[13578]|1[02]))(?:19|20)[0-9]{2}"
    "|2902(?:19(?:0[48]|[2468][048]|[13579][26])|20(?:[02468][048]|[13579][26])))"
)
"""JJMMAAAA, a day that exists, 1900 to 2099."""
LIGNES = {
    "vidhosp": "vidhosp", "rss_rum": "rss", "rhs": "rhs", "rpss": "rpss", "rps": "rps", "raa": "raa", "rsf": "rsf",
    "fichcomp": "fichcomp", "ium": "ium", "hosp_pmsi": "hosp_pmsi",
}  # fmt: skip
"""The relation that holds the lines of each type of file."""
TYPES_SQL = {"date": "date", "entier": "integer", "compteur": "integer", "montant": "decimal(10,2)"}
"""Types of the fields that are no text."""
Lignes = dict[tuple[str, str], dict[str, str]]
"""What the seeds say of a version, by zone and field: no zone is the fixed part, no field the zone or the line itself."""


@dataclass(frozen=True)
class Champ:
    """One field, at ``debut`` (from 1) in the fixed part of a line, or in a zone.

    ``necessaire``: a key, the dates of a stay, a model or the length of the line needs it; ``transmission``: its place among
    the fields that date a line.
    """

    nom: str
    debut: int
    longueur: int
    type: str
    obligatoire: bool
    cle: bool
    necessaire: bool
    transmission: int
    libelle: str

    @property
    def motif(self) -> str:
        """Regular expression of what may be read, empty when anything may; « literal X values are missing values »."""
        n = self.longueur
        if self.type == "date":
            return JOUR if self.obligatoire else f"(?:{JOUR}| {{8}}|X{{8}})"
        if self.type == "compteur":
            return f"[0-9]{{{n}}}"
        if self.type in ("entier", "montant"):
            a_droite = [f" {{{blancs}}}[0-9]{{{n - blancs}}}" for blancs in range(n + 1)]
            a_gauche = [f"[0-9]{{{n - blancs}}} {{{blancs}}}" for blancs in range(1, n)]
            return f"(?:{'|'.join([f'X{{{n}}}', *a_droite, *a_gauche])})"
        if self.type == "semaine":
            return "(?:0[1-9]|[1-4][0-9]|5[0-3])(?:19|20)[0-9]{2}"
        if self.type == "ccam":
            return "[A-Z]{4}[0-9]{3}"
        if self.type == "csarr":
            return "[A-Z]{3}[+][0-9]{3}"
        if not self.obligatoire:
            return ""
        if self.type == "finess":
            return f"[0-9AB]{{{n}}}"
        if self.type == "cim10":
            return f"[A-Z][0-9].{{{n - 2}}}"
        return f"(?:[^ ].{{{n - 1}}}|.{{{n - 1}}}[^ ])" if n > 1 else "[^ ]"

    @property
    def sans_consequence(self) -> bool:
        """« An unreadable value is empty, and counted as an alert »."""
        return not self.necessaire and bool(self.motif)

    @property
    def type_sql(self) -> str:
        """Its type in the lake."""
        return TYPES_SQL.get(self.type, "varchar")

    def texte(self, debut: str = "") -> str:
        """Its characters, in a line or in the zone that begins at ``debut``."""
        return f"substr(texte, {_somme(debut, self.debut - bool(debut))}, {self.longueur})"

    def lisible(self, debut: str = "") -> str:
        """Whether they can be read."""
        return f"regexp_full_match({self.texte(debut)}, '{self.motif}')"

    def valeur(self, debut: str = "", prudente: bool = False) -> str:
        """Its value, typed; blanks and literal X are missing values, and what cannot be read when one must be ``prudente``."""
        texte = self.texte(debut)
        if self.type == "date":
            valeur = f"cast(try_strptime({texte}, '%d%m%Y') as date)"
        elif self.type in ("entier", "compteur"):
            valeur = f"try_cast({texte} as integer)"
        elif self.type == "montant":
            valeur = f"cast(try_cast({texte} as integer) / 100 as decimal(10, 2))"
        elif self.type == "identifiant":
            valeur = f"nullif(regexp_replace(trim({texte}), '^X+$', ''), '')"
        else:
            cadre = self.longueur == 1 or self.type in ("finess", "semaine", "ccam", "csarr")
            valeur, vide = (texte, " " * self.longueur) if cadre else (f"trim({texte})", "")
            # Nothing is wrong with the line: an obligatory value is there.
            valeur = valeur if self.obligatoire and not prudente else f"nullif({valeur}, '{vide}')"
        return f"case when {self.lisible(debut)} then {valeur} end" if prudente and self.sans_consequence else valeur


@dataclass(frozen=True)
class Zone:
    """A group of fields repeated ``nombre`` times (SQL) from the column ``debut`` (SQL) of a line."""

    nom: str
    longueur: int
    champs: tuple[Champ, ...]
    nombre: str
    debut: str

    @property
    def etendue(self) -> str:
        """How many columns it takes."""
        return f"{self.longueur} * {self.nombre}"


@dataclass(frozen=True)
class Format:
    """One version of a type of file: how its lines are known, and what they hold.

    ``pas``: a line is as long as the fixed part and so many times that (None: the length does not tell the version);
    ``longueur_attendue``: length of a line, in SQL.
    """

    rang: int
    fichier: str
    version: str
    reconnaissance: str
    debut_version: int | None
    ressemblance: str
    longueur: int
    pas: int | None
    champs: tuple[Champ, ...]
    zones: tuple[Zone, ...]
    longueur_attendue: str

    def zone(self, nom: str) -> Zone | None:
        """A zone by its name."""
        return next((zone for zone in self.zones if zone.nom == nom), None)

    def est_reconnu(self, par_longueur: bool) -> str:
        """SQL: a line as it is read (``lue``) announces this version, and has a length of it when that is asked."""
        conditions = []
        if par_longueur and self.pas is not None:
            reste = f"length(lue) - {self.longueur}"
            conditions.append(f"({reste}) % {self.pas} = 0" if self.pas else f"{reste} = 0")
        if self.debut_version:
            conditions.append(f"substr(lue, {self.debut_version}, {len(self.version)}) = '{self.version}'")
        return " and ".join([*conditions, f"regexp_matches(lue, '{self.reconnaissance}')"])

    def est_valide(self) -> str:
        """SQL: nothing is wrong with a line. One expression for all the fields that have a rule, on the columns that hold them."""
        conditions = [f"length(texte) = {self.longueur_attendue}"]
        controles = [champ for champ in self.champs if champ.type != "texte" and champ.motif]
        if controles:
            debut, fin = controles[0].debut, controles[-1].debut + controles[-1].longueur
            conditions.append(f"regexp_full_match(substr(texte, {debut}, {fin - debut}), '{motif_des_champs(controles, debut)}')")
        conditions += [f"not {_blanc(champ)}" for champ in self.champs if champ.obligatoire and champ.type == "texte"]
        # Zones of one shape that follow each other are looked at together.
        for motif, suite in groupby(self.zones, key=lambda zone: motif_des_champs(zone.champs, longueur=zone.longueur)):
            premiere, *autres = suite
            etendue = " + ".join(zone.etendue for zone in (premiere, *autres))
            conditions.append(f"regexp_full_match(substr(texte, {premiere.debut}, {etendue}), '(?:{motif})*')")
        return f"coalesce({' and '.join(conditions)}, false)"

    def anomalie(self) -> str:
        """SQL: (motif, colonne, valeur) of the first fault that a key, a date of the stay, a model or the length forbids."""
        longueur = _faute("LONGUEUR_INVALIDE", None, "cast(length(texte) as varchar)")
        fautes = [f"when length(texte) < {self.longueur} then {longueur}"]
        fautes += [_si_illisible(champ) for champ in self.champs if champ.type == "compteur"]
        fautes.append(f"when length(texte) is distinct from {self.longueur_attendue} then {longueur}")
        necessaires = [champ for champ in self.champs if champ.necessaire and champ.motif and champ.type != "compteur"]
        fautes += [_si_illisible(champ) for champ in necessaires if champ.type != "texte"]
        fautes += [
            f"when {_blanc(champ)} then {_faute('ZONE_INVALIDE', champ.nom, 'null')}"
            for champ in necessaires
            if champ.type == "texte"
        ]
        for zone in self.zones:
            contenu = f"substr(texte, {zone.debut}, {zone.etendue})"
            for genre, des_dates in (("ZONE_INVALIDE", False), ("DATE_INVALIDE", True)):
                regles = [c for c in zone.champs if c.necessaire and c.motif and (c.type == "date") == des_dates]
                if regles:
                    motif = motif_des_champs(regles, longueur=zone.longueur)
                    faute = _faute(genre, zone.nom.lower(), contenu)
                    fautes.append(f"when not regexp_full_match({contenu}, '(?:{motif})*') then {faute}")
        return f"case {' '.join(fautes)} end"

    def valeurs_illisibles(self) -> str:
        """SQL: list of (colonne, nb), the fields that are emptied and how many times each, zero when it is not."""
        comptes = [
            f"{{'colonne': '{champ.nom}', 'nb': cast(not {champ.lisible()} as bigint)}}"
            for champ in self.champs
            if champ.sans_consequence
        ]
        for zone in self.zones:
            for champ in zone.champs:
                if champ.sans_consequence:
                    lisible = champ.lisible(f"{zone.debut} + {zone.longueur} * n")
                    nombre = f"len(list_filter(range({zone.nombre}), lambda n: not {lisible}))"
                    comptes.append(f"{{'colonne': '{zone.nom.lower()}.{champ.nom}', 'nb': {nombre}}}")
        return f"cast([{', '.join(comptes)}] as struct(colonne varchar, nb bigint)[])"


def motif_des_champs(champs: list[Champ] | tuple[Champ, ...], debut: int = 1, longueur: int = 0) -> str:
    """Regular expression of fields side by side from a column, up to a length; columns without rule may hold anything."""
    morceaux, position = [], debut
    for champ in champs:
        if champ.motif:
            if champ.debut > position:
                morceaux.append(f".{{{champ.debut - position}}}")
            morceaux.append(champ.motif)
            position = champ.debut + champ.longueur
    if longueur >= position:
        morceaux.append(f".{{{longueur + 1 - position}}}")
    return "".join(morceaux)


def _somme(debut: str, decalage: int) -> str:
    return " + ".join(terme for terme in (debut, str(decalage or "")) if terme)


def _blanc(champ: Champ) -> str:
    return f"{champ.texte()} = '{' ' * champ.longueur}'"


def _si_illisible(champ: Champ) -> str:
    motif = "DATE_INVALIDE" if champ.type == "date" else "ZONE_INVALIDE"
    return f"when not {champ.lisible()} then {_faute(motif, champ.nom, champ.texte())}"


def _faute(motif: str, colonne: str | None, valeur: str) -> str:
    nom = f"'{colonne}'" if colonne else "null"
    return f"{{'motif': '{motif}', 'colonne': cast({nom} as varchar), 'valeur': nullif(cast({valeur} as varchar), '')}}"


@cache
def formats() -> dict[str, tuple[Format, ...]]:
    """The versions of each type of file, most specific recognition first."""
    versions = {(ligne["fichier"], ligne["version"]): ligne for ligne in graines.lire("pmsi_versions")}
    propres: dict[tuple[str, str], Lignes] = {cle: {("", ""): ligne} for cle, ligne in versions.items()}
    for ligne in (*graines.lire("pmsi_zones"), *graines.lire("pmsi_positions")):
        propres[ligne["fichier"], ligne["version"]][ligne["zone"], ligne.get("champ", "")] = ligne

    def lignes(fichier: str, version: str) -> Lignes:
        """« Ce que reprend la version, aux différences près »: an empty cell says what the version that it takes up says."""
        reprise = versions[fichier, version]["reprend"]
        avant = lignes(fichier, reprise) if reprise else {}
        siennes = propres[fichier, version].items()
        return avant | {cle: avant.get(cle, {}) | {nom: dit for nom, dit in ligne.items() if dit} for cle, ligne in siennes}

    resultat: dict[str, tuple[Format, ...]] = {}
    for fichier, version in sorted(versions, key=lambda cle: int(versions[cle]["rang"])):
        dites = lignes(fichier, version)
        ligne = dites.pop(("", ""))
        champs, zones, fin = _placer(dites, ligne["longueur_fixe"])
        lu = Format(
            rang=int(ligne["rang"]),
            fichier=fichier,
            # Two layouts of one version are told apart after a slash.
            version=version.split("/")[0],
            reconnaissance=ligne["reconnaissance"],
            debut_version=int(ligne["debut_version"]) if "debut_version" in ligne else None,
            ressemblance=ligne.get("ressemblance", ""),
            longueur=int(ligne["longueur_fixe"]),
            pas=int(ligne["pas"]) if "pas" in ligne else None,
            champs=champs,
            zones=zones,
            longueur_attendue=fin,
        )
        resultat[fichier] = (*resultat.get(fichier, ()), lu)
    return resultat


def champs_du_fichier(fichier: str) -> dict[str, Champ]:
    """The fields of a type of file over all its versions."""
    return {champ.nom: champ for lu in formats()[fichier] for champ in lu.champs}


def _placer(lignes: Lignes, longueur: str) -> tuple[tuple[Champ, ...], tuple[Zone, ...], str]:
    """The fields of the fixed part, the zones, each with its number and its beginning as SQL, and the length of a line."""
    champs: dict[str, list[Champ]] = {}
    # « Longueur 0 : la version ne le porte plus ».
    portees = [ligne for ligne in lignes.values() if ligne["longueur"] != "0"]
    for ligne in sorted((ligne for ligne in portees if "champ" in ligne), key=lambda ligne: int(ligne["debut"])):
        champ = Champ(
            nom=ligne["champ"],
            debut=int(ligne["debut"]),
            longueur=int(ligne["longueur"]),
            type=ligne["type"],
            obligatoire=ligne.get("obligatoire") == "oui",
            cle=ligne.get("cle") == "oui",
            necessaire=not ligne.keys().isdisjoint(("cle", "necessaire")) or ligne["type"] == "compteur",
            transmission=int(ligne.get("transmission", 0)),
            libelle=ligne["libelle"],
        )
        champs.setdefault(ligne.get("zone", ""), []).append(champ)
    compteurs = {champ.nom: f"try_cast({champ.texte()} as integer)" for champ in champs[""]}
    zones: list[Zone] = []
    fin = longueur
    lues = sorted((ligne for ligne in portees if "champ" not in ligne), key=lambda ligne: int(ligne["ordre"]))
    for ligne in lues:
        nom, nombre = ligne["zone"], compteurs[ligne["compteur"]] if "compteur" in ligne else "1"
        zones.append(Zone(nom, int(ligne["longueur"]), tuple(champs[nom]), nombre, f"{fin} + 1"))
        compteurs |= {champ.nom: f"try_cast({champ.texte(zones[-1].debut)} as integer)" for champ in champs[nom]}
        fin = f"{fin} + {zones[-1].etendue}"
    # A zone is found from the nearer end of the line: fewer counters to read.
    if {ligne.get("compteur") for ligne in lues} <= {champ.nom for champ in champs[""]}:
        reste = "length(texte) + 1"
        for rang in reversed(range(len(zones))):
            reste = f"{reste} - {zones[rang].etendue}"
            if len(zones) - rang < rang + 1:
                zones[rang] = replace(zones[rang], debut=reste)
    return tuple(champs[""]), tuple(zones), fin


def ressemblances() -> list[tuple[str, str]]:
    """« Lines that look like a known type with a version that the seeds lack »: what they look like, and their version in SQL."""
    resultat = {}
    for lu in (lu for versions in formats().values() for lu in versions):
        if lu.ressemblance and lu.debut_version:
            resultat.setdefault(lu.ressemblance, f"substr(texte, {lu.debut_version}, {len(lu.version)})")
    return sorted(resultat.items())


def annee_du_nom(nom: str) -> int | None:
    """« annee in its name »: four digits alone, that of a date left out."""
    separateur = "(?:[.][.]|__|--)"
    # Two of them may share a separator.
    double = re.sub("([^0-9])", r"\1\1", nom)
    sans_dates = re.sub(f"(?:19|20)[0-9]{{2}}{separateur}[0-9]{{2}}{separateur}[0-9]{{2}}", "  ", double)
    annee = re.search("(?:^|[^0-9])((?:19|20)[0-9]{2})(?:[^0-9]|$)", sans_dates)
    return int(annee[1]) if annee else None


def finess_du_nom(nom: str, finess_ej: str) -> str | None:
    """The FINESS that a file's name bears; that of the EJ is that of no site."""
    finess = re.search("(?:^|[^0-9A-Za-z])([0-9][0-9AB][0-9]{7})(?:[^0-9A-Za-z]|$)", nom)
    return finess[1] if finess and finess[1] != finess_ej else None
