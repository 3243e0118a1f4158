"""The SELECT by which a correspondence gives the columns of the contract from those of the hospital.

Every value is a text, on both sides; ``chr(1)`` before one marks what cannot be read, `HORS_TABLE` what no table of values told.
Names and values of the hospital are only ever literals and positions.
"""

from __future__ import annotations

from collections.abc import Sequence

from socle.lecture.contrat import Colonne
from socle.lecture.correspondances import LE_RESTE, Correspondance, Filtre, Place, Regle, jetons_de, situer
from socle.lecture.sql import liste_sql, texte_sql

HORS_TABLE = "chr(3)"

_JOUR_D_ABORD = r"^([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})(?:[T ]+(.+))?$"
_ANNEE_D_ABORD = r"^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ]+(.+))?$"
_COMPACTE = r"^((?:18|19|20|21)[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])(?:[T ]*([0-9:].*))?$"
# No year is a month: JJMMAAAA and AAAAMMJJ are never the same digits.
_COMPACTE_JOUR_D_ABORD = r"^([0-3][0-9])([01][0-9])((?:18|19|20|21)[0-9]{2})(?: +(.+))?$"


class Traduction:
    """What a correspondence makes of files that have the same columns.

    Args:
        correspondance: a source that is not there gives nothing.
        colonnes: of the contract.
        lues: columns of the files.
        jointes: columns of each joined file.
        classeur: the files are sheets of workbooks, whose dates are numbers of days.
    """

    def __init__(
        self, correspondance: Correspondance, colonnes: Sequence[Colonne], lues: Sequence[str], jointes: Sequence[Sequence[str]],
        classeur: bool,
    ) -> None:  # fmt: skip
        """Find the place of each column that it names."""
        self.correspondance, self.colonnes, self.classeur = correspondance, colonnes, classeur
        self.places = {nom: place for nom, place in situer(correspondance, lues, jointes).items() if place}
        self.regles = {regle.colonne: regle for regle in correspondance.regles}

    def lues(self, jointure: int = -1) -> dict[Colonne, int]:
        """Columns to read of the file, or of a joined one, each with its position."""
        identifiantes = {
            self.places.get(nom)
            for colonne in self.colonnes
            if colonne.nature == "IDENTIFIANT" and colonne.nom in self.regles
            for noms in self.regles[colonne.nom].sources
            for nom in noms
        }
        # « NA is nothing, unless the values of the column list it. »
        textuelles = {
            self.places.get(nom): ("NA",)
            for colonne in self.colonnes
            if colonne.nom in self.regles and "NA" in {*colonne.valeurs, *dict(self.regles[colonne.nom].valeurs)}
            for noms in self.regles[colonne.nom].sources
            for nom in noms
        }
        return {
            Colonne(
                _nom(place), "varchar", cle=False, obligatoire=False, valeurs=textuelles.get(place, ()), controle="", condition=None,
                apres="", nature="IDENTIFIANT" if place in identifiantes else "",
            ): place.position
            for place in sorted(set(self.places.values()), key=lambda place: place.position)
            if place.jointure == jointure
        }  # fmt: skip

    def sql(self, lues: str, jointes: Sequence[str]) -> str:
        """Columns ``fichier``, ``ligne``, ``nb_champs_faux``, ``ecartee`` (left out by a filter), the text of each column of the
        contract, and ``<colonne>__lue``, the hospital's own value.

        Args:
            lues: SELECT of the columns of `lues`, with ``fichier``, ``ligne`` and ``nb_champs_faux``.
            jointes: SELECT of those of each joined file.
        """
        champs = f"select * from ({lues}) as lues"
        for rang, (jointure, codes) in enumerate(zip(self.correspondance.jointures, jointes, strict=True)):
            cle, cle_jointe = self._source(jointure.cle), self._source(f"{jointure.alias}.{jointure.cle_jointe}")
            # « The last line of a key » counts, as in the contract.
            codes = f"select * exclude (fichier, ligne, nb_champs_faux) from ({codes}) where {cle_jointe} is not null" + (
                f" qualify row_number() over (partition by {cle_jointe} order by ligne desc) = 1"
            )
            champs = f"select * from ({champs}) as avant_{rang} left join ({codes}) as codes_{rang} on {cle} = {cle_jointe}"
        filtres = " or ".join(f"not coalesce({self._garde(filtre)}, false)" for filtre in self.correspondance.filtres) or "false"
        lues_sql = "".join(f', {self._lue(regle)} as "{regle.colonne}__lue"' for regle in self.correspondance.regles)
        champs = f"select fichier, ligne, nb_champs_faux, not nb_champs_faux and ({filtres}) as ecartee{lues_sql} from ({champs})"
        retenues = "fichier, ligne, nb_champs_faux, ecartee" + "".join(
            f', "{r.colonne}__lue"' for r in self.correspondance.regles
        )
        etapes = [{colonne.nom: self._valeur(colonne) for colonne in self.colonnes}]
        dates = [c for c in self.colonnes if c.type in ("date", "timestamp") and c.nom in self.regles]
        for etape in range(len(_etapes_de_date("", self.classeur))):
            libres = {c.nom: _etapes_de_date(c.texte, self.classeur)[etape] for c in dates if not self.regles[c.nom].forme}
            etapes.append(libres)
        etapes.append({c.nom: self._dans_la_forme(c) for c in dates if self.regles[c.nom].forme})
        for etape_sql in etapes:
            if etape_sql:
                valeurs = "".join(f", {etape_sql.get(c.nom, c.texte)} as {c.texte}" for c in self.colonnes)
                champs = f"select {retenues}{valeurs} from ({champs})"
        return champs

    def _source(self, nom: str) -> str:
        return f'"{_nom(self.places[nom])}"'

    def _lue(self, regle: Regle) -> str:
        """The first of the sources that is filled, the columns of one following each other."""
        sources = []
        for noms in regle.sources:
            if not all(nom in self.places for nom in noms):
                continue
            colonnes = ", ".join(self._source(nom) for nom in noms)
            sources.append(colonnes if len(noms) == 1 else f"nullif(concat_ws(' ', {colonnes}), '')")
        return f"coalesce({', '.join([*sources, 'cast(null as varchar)'])})"

    def _valeur(self, colonne: Colonne) -> str:
        """Text of a column of the contract: its value, told by the table of values, or the constant."""
        regle = self.regles.get(colonne.nom)
        if not regle:
            return "cast(null as varchar)"
        texte = f'"{colonne.nom}__lue"'
        if colonne.type == "double":
            texte = f"replace({texte}, ',', '.')"
        if regle.valeurs:
            cas = " ".join(
                f"when {_repond(texte, lue)} then {texte if donne is None else texte_sql(donne) if donne else 'null'}"
                for lue, donne in regle.valeurs
            )
            texte = f"case {cas} {self._reste(colonne, texte)} end"
        return f"coalesce({texte}, {texte_sql(regle.constante)})" if regle.constante else texte

    def _reste(self, colonne: Colonne, texte: str) -> str:
        """« Never guessed »: a value that the table does not tell is one of the contract, or is rejected."""
        if colonne.type != "varchar":
            return f"else {texte}"
        connues = f"when {texte} in ({liste_sql(colonne.valeurs)[1:-1]}) then {texte} " if colonne.valeurs else ""
        return f"{connues}when {texte} is not null then {HORS_TABLE} || {texte}"

    def _garde(self, filtre: Filtre) -> str:
        """Whether a filter keeps a row."""
        texte = self._source(filtre.colonne)
        repond = " or ".join(_repond(texte, valeur) for valeur in filtre.valeurs or (LE_RESTE,))
        return f"coalesce({repond}, false)" if filtre.garde else f"not coalesce({repond}, false)"

    def _dans_la_forme(self, colonne: Colonne) -> str:
        """A date that is in the form that was told, as AAAA-MM-JJ HH:MM:SS; any other cannot be read."""
        texte, jetons = colonne.texte, jetons_de(self.regles[colonne.nom].forme)
        expression, places, heure = "", {}, ""
        rang_heure = jetons.index("HH") if "HH" in jetons else len(jetons)
        jour = jetons[:rang_heure]
        while jour and len(jour[-1]) == 1:
            jour.pop()
        for rang, jeton in enumerate(jour):
            if len(jeton) > 1:
                colles = [v for v in (jour[rang - 1 : rang] + jour[rang + 1 : rang + 2]) if len(v) > 1]
                expression += "([0-9]{4})" if jeton == "AAAA" else "([0-9]{2})" if colles else "([0-9]{1,2})"
                places[jeton] = len(places) + 1
            else:
                expression += "[T ]+" if jeton in "T " else _echapper(jeton)
        moments = jetons[rang_heure:]
        groupe = f"regexp_extract({texte}, {{expression}}, {len(places) + 1})"
        if moments and all(len(jeton) > 1 for jeton in moments):
            chiffres = 2 * len(moments)
            expression += rf"(?:[T ]*([0-9]{{1,{chiffres}}}))?"
            heure = f"lpad({groupe}, {chiffres}, '0')"
            heure = " || ':' || ".join(f"substr({heure}, {debut}, 2)" for debut in range(1, chiffres, 2))
        elif moments:
            # Seconds are not refused where the form says none.
            motif = "".join("[0-9]{1,2}" if len(j) > 1 else _echapper(j) for j in moments)
            expression += f"(?:[T ]*({motif}(?:[:.][0-9]{{2}})?(?:[.,][0-9]+)?))?"
            heure = rf"regexp_replace(regexp_replace({groupe}, '[h_]', ':'), '^([0-9]):', '0\1:')"
        litteral = texte_sql(f"^{expression}$")
        annee, mois, jour_sql = (f"regexp_extract({texte}, {litteral}, {places[jeton]})" for jeton in ("AAAA", "MM", "JJ"))
        iso = f"{annee} || '-' || lpad({mois}, 2, '0') || '-' || lpad({jour_sql}, 2, '0')"
        if heure:
            heure = heure.replace("{expression}", litteral)
            iso += f" || case when {groupe.replace('{expression}', litteral)} <> '' then ' ' || {heure} else '' end"
        serie = f"when {_est_un_nombre_de_jours(texte)} then {_jours_d_excel(texte)}" if self.classeur else ""
        return f"case when regexp_matches({texte}, {litteral}) then {iso} {serie} when {texte} is not null then chr(1) || {texte} end"


def _nom(place: Place) -> str:
    """Name of a column of the hospital in the SELECT."""
    return f"s{place.jointure + 1}_{place.position}"


def _echapper(signe: str) -> str:
    return f"[{signe}]" if signe != "h" else "[hH]"


def _repond(texte: str, valeur: str) -> str:
    """Whether a text is a value; « * » stands for any letters, alone for whatever is filled; nothing for what is empty."""
    if valeur == LE_RESTE:
        return f"{texte} is not null"
    if not valeur:
        return f"{texte} is null"
    if LE_RESTE in valeur:
        motif = valeur.replace("!", "!!").replace("%", "!%").replace("_", "!_").replace(LE_RESTE, "%")
        return f"{texte} like {texte_sql(motif)} escape '!'"
    return f"{texte} = {texte_sql(valeur)}"


def _est_un_nombre_de_jours(texte: str) -> str:
    return rf"regexp_full_match({texte}, '[0-9]{{4,6}}(\.[0-9]+)?( 0?(\.[0-9]+)?)?')"


def _jours_d_excel(texte: str) -> str:
    """A number of days since 30/12/1899, perhaps followed by a part of a day, as AAAA-MM-JJ HH:MM:SS."""
    jours = f"try_cast(split_part({texte}, ' ', 1) as double) + coalesce(try_cast(nullif(split_part({texte}, ' ', 2), '') as double), 0)"
    return f"strftime(timestamp '1899-12-30' + to_seconds(cast(round(({jours}) * 86400) as bigint)), '%Y-%m-%d %H:%M:%S')"


def _etapes_de_date(texte: str, classeur: bool) -> list[str]:
    """What makes one form of the usual ones, step after step; a text that is none of them is left as it is.

    AAAA-MM-JJ, JJ/MM/AAAA, AAAAMMJJ, JJMMAAAA, with « - », « / » or « . », and perhaps an hour as 09:30, 9h30, 0930 or 093000.
    """
    etapes = [
        rf"regexp_replace(regexp_replace({texte}, '{_JOUR_D_ABORD}', '\3-\2-\1 \4'), '{_ANNEE_D_ABORD}', '\1-\2-\3 \4')",
        rf"regexp_replace(regexp_replace({texte}, '{_COMPACTE}', '\1-\2-\3 \4'), '{_COMPACTE_JOUR_D_ABORD}', '\3-\2-\1 \4')",
        rf"regexp_replace(regexp_replace({texte}, '^([0-9]{{4}})-([0-9])-', '\1-0\2-'), '^([0-9]{{4}}-[0-9]{{2}})-([0-9])( |$)', '\1-0\2\3')",
        rf"regexp_replace({texte}, '^([0-9-]{{10}}) +([0-9]{{1,2}}) ?[hH] ?([0-9]{{2}})?(?: ?(?:min|mn|m)?)?$', '\1 \2:\3')",
        rf"regexp_replace({texte}, '^([0-9-]{{10}}) +([0-9]{{1,2}}):$', '\1 \2:00')",
        rf"regexp_replace({texte}, '^([0-9-]{{10}}) +([0-9]{{1,2}})([0-9]{{2}})([0-9]{{2}})$', '\1 \2:\3:\4')",
        rf"regexp_replace({texte}, '^([0-9-]{{10}}) +([0-9]{{1,2}})([0-9]{{2}})$', '\1 \2:\3')",
        rf"regexp_replace(regexp_replace({texte}, '^([0-9-]{{10}}) +([0-9]:.*)$', '\1 0\2'), '^([0-9-]{{10}}) +0?$', '\1')",
    ]
    if classeur:
        etapes.insert(0, f"case when {_est_un_nombre_de_jours(texte)} then {_jours_d_excel(texte)} else {texte} end")
    return etapes
