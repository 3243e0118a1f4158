"""Delimited and Parquet files of the contract: rows cut, typed, and judged column by column, by one SELECT for the files alike.

Every value is first a text, as the contract reads it; the text of a column of another type is named ``<colonne>__texte``.
``chr(1)`` before a text marks what no column can read, ``chr(2)`` a word for nothing that stood in quotes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from socle.lecture.contrat import Colonne, contrat
from socle.lecture.correspondances import Correspondance
from socle.lecture.inventaire import Fichier
from socle.lecture.lac import Colonnes
from socle.lecture.octets import BLANCS, Lecture
from socle.lecture.sql import OPTIONS_PARQUET, chemins_sql, lire_lignes, liste_sql, nom_sql, texte_sql
from socle.lecture.traduction import HORS_TABLE, Traduction
from socle.sorties import poser

TRANCHE_OCTETS = 32 << 20
"""Source bytes that one thread of the engine reads in a row: lines are numbered as they come."""
RESERVEES = {"file_index", "file_row_number", "filename"}
"""Columns that DuckDB adds to those of a Parquet file."""
MOTS_VIDES = ("null", r"\n", "(null)", "<null>", "n/a", "#n/a", "<na>", "nan", "none")
"""« Nothing written out »; ``na`` is one unless the values of the column list it."""
SANS_FIN = ("9999-12-31", "2999-12-31", "31/12/9999", "31/12/2999")
"""The far date of what has not ended."""
_COMMUNS = ("guillemets", "blancs", "marques", "exposants", "final", "crlf")
"""What the files read by one scan have in common, among the fields of a `Lecture`."""


class Table:
    """Reader of one flux of the contract, such as ``gam/venues``."""

    def __init__(self, flux: str) -> None:
        """Take the columns of the contract."""
        self.flux = flux
        self.nom = flux.replace("/", "_")
        self.colonnes = contrat()[flux]
        self.cles = [colonne.nom for colonne in self.colonnes if colonne.cle]
        types = {colonne.nom: colonne.type for colonne in self.colonnes if colonne.nom != "finess_ej"}
        self.relations: dict[str, Colonnes] = {"lignes": {"rejetee": "boolean", **types}}
        self.lignes = ("lignes",)
        self.regles = ("contrat_flux", "natures_colonnes")

    def lit(self, flux: str) -> bool:
        """Its own."""
        return flux == self.flux

    def lire(self, moteur: duckdb.DuckDBPyConnection, fichiers: list[Fichier], dossier: Path) -> dict[int, int]:
        """Write the rows of some files, rejected ones included (``rejetee``), and those again as rejects."""
        selects = []
        for tranche in _tranches(fichiers):
            jugement = _Jugement(self, tranche)
            # What a correspondence gives is in one form only.
            jugement.francaise = tranche.barres and not tranche.correspondance and jugement.est_francaise(moteur)
            selects.append(jugement.sql())
        tout, lignes = dossier / "tout.parquet", dossier / "lignes.parquet"
        moteur.execute(f"copy ({' union all '.join(selects)}) to {texte_sql(tout)} ({OPTIONS_PARQUET})")
        if moteur.execute(f"select count(rejet) from read_parquet({chemins_sql([tout])})").fetchall()[0][0]:
            moteur.execute(
                f"""
                copy (
                    select
                        fichier_id, ligne, finess_ej, nullif(split_part(rejet, '|', 2), '') as colonne, valeur_rejetee as valeur,
                        split_part(rejet, '|', 1) as motif, cast(null as varchar) as message_id, autres_fautes
                    from read_parquet({chemins_sql([tout])})
                    where rejet is not null
                ) to {texte_sql(dossier / "rejets.parquet")} ({OPTIONS_PARQUET})
                """
            )
        lues = moteur.execute(
            f"select fichier_id, count(*) from read_parquet({chemins_sql([tout])}) group by fichier_id"
        ).fetchall()
        if any(f.correspondance and f.correspondance.filtres for f in fichiers):
            self._filtrer(moteur, dossier, tout, lignes)
        else:
            poser(tout, lignes, durable=False)
        return dict(lues)

    def _filtrer(self, moteur: duckdb.DuckDBPyConnection, dossier: Path, tout: Path, lignes: Path) -> None:
        """Leave out the rows that a correspondence does not want, and count them for their files."""
        source = f"read_parquet({chemins_sql([tout])})"
        moteur.execute(f"copy (select * from {source} where not ecartee) to {texte_sql(lignes)} ({OPTIONS_PARQUET})")
        moteur.execute(
            f"copy (select fichier_id, count(*) as nb from {source} where ecartee group by fichier_id order by fichier_id)"
            f" to {texte_sql(dossier / 'filtrees.parquet')} ({OPTIONS_PARQUET})"
        )
        tout.unlink()

    def departager(self, moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
        """« For the same key (within the EJ) the row of the latest extraction date wins, then the greatest file name, then the
        last line. »

        Keys are compared by their hash first: most files repeat few or none, and only what may be repeated is compared as text.
        """
        cle = ", ".join(dict.fromkeys(["finess_ej", *self.cles]))
        moteur.execute(
            f"""
            copy (
                with repetees as (
                    select hash({cle}) as condense
                    from lignes
                    group by condense
                    having count(*) > 1
                ),

                concurrentes as (
                    select *, row_number() over (partition by {cle} order by rang desc, ligne desc) as age
                    from lignes
                    where hash({cle}) in (select condense from repetees)
                )

                select fichier_id, ligne
                from concurrentes
                where age > 1
                order by rang, ligne
            ) to {texte_sql(dossier / "remplacees.parquet")} ({OPTIONS_PARQUET})
            """
        )


def textes(fichier: Fichier) -> str:
    """The SELECT of every column of a file as a text, cleaned as the contract's are, named ``c0``, ``c1``… in their order.

    Args:
        fichier: inspected, whatever its columns.
    """
    vides = {"valeurs": (), "controle": "", "condition": None, "apres": "", "nature": ""}
    lues = {
        Colonne(f"c{rang}", "varchar", cle=False, obligatoire=False, **vides): rang  # type: ignore[arg-type]
        for rang in range(len(fichier.colonnes))
    }
    return _Champs(_Tranche([fichier], [fichier.chemin_a_lire], [0], fichier.lecture), lues).sql()


@dataclass
class _Tranche:
    """Files that are cut alike, each with the number of lines that come before its own."""

    fichiers: list[Fichier]
    chemins: list[str]
    debuts: list[int]
    lecture: Lecture

    @property
    def colonnes(self) -> list[str]:
        return self.fichiers[0].colonnes

    @property
    def est_parquet(self) -> bool:
        return bool(self.fichiers[0].format == "parquet")

    @property
    def barres(self) -> bool:
        return self.lecture["barres"]

    @property
    def correspondance(self) -> Correspondance | None:
        return self.fichiers[0].correspondance

    def type_de(self, colonne: str) -> str | None:
        """Type of a column of a Parquet file, in DuckDB's words."""
        return self.fichiers[0].types[self.colonnes.index(colonne)] if self.est_parquet and colonne in self.colonnes else None

    def position_de(self, colonne: str | int) -> int | None:
        """Where a column is, by its name or, already, by its position."""
        if isinstance(colonne, int):
            return colonne
        return self.colonnes.index(colonne) if colonne in self.colonnes else None

    def du_fichier(self, valeurs: Iterable[object], rang: str = "cast(file_index as bigint) + 1") -> str:
        """A value of each file, chosen by its rank among those of the scan."""
        litteraux = [str(v) if isinstance(v, int) else texte_sql(v) for v in valeurs]
        return litteraux[0] if len(set(litteraux)) == 1 else f"[{', '.join(litteraux)}][{rang}]"


def _tranches(fichiers: list[Fichier]) -> list[_Tranche]:
    par_forme: dict[object, list[Fichier]] = {}
    for fichier in fichiers:
        lu = fichier.lecture
        # Read apart: a file with French dates, whose form is that of most of them; one whose columns hide the engine's own.
        seul = fichier.identifiant if lu["barres"] or RESERVEES & set(fichier.colonnes) else 0
        forme = (
            fichier.format, fichier.delimiteur, tuple(fichier.colonnes), tuple(fichier.types), fichier.est_un_classeur,
            *(lu[cle] for cle in _COMMUNS), seul, fichier.correspondance, *(joint.identifiant for joint in fichier.joints),  # type: ignore[literal-required]
        )  # fmt: skip
        par_forme.setdefault(forme, []).append(fichier)
    tranches: list[_Tranche] = []
    for semblables in par_forme.values():
        octets = TRANCHE_OCTETS
        for fichier in semblables:
            if octets + fichier.taille > TRANCHE_OCTETS:
                tranches.append(_Tranche([], [], [], fichier.lecture))
                octets, lues = 0, 0
            tranches[-1].fichiers.append(fichier)
            tranches[-1].chemins.append(fichier.chemin_a_lire)
            tranches[-1].debuts.append(lues)
            octets, lues = octets + fichier.taille, lues + fichier.lecture["nb_physiques"]
    return tranches


class _Jugement:
    """The SELECT that reads the files of a tranche; ``francaise``: their dates are written JJ/MM/AAAA."""

    def __init__(self, table: Table, tranche: _Tranche, francaise: bool = False) -> None:
        self.table, self.tranche, self.francaise = table, tranche, francaise
        self.fuseau = tranche.du_fichier([f.fuseau for f in tranche.fichiers], "fichier")
        self.regles = {regle.colonne: regle for regle in tranche.correspondance.regles} if tranche.correspondance else {}

    def sql(self) -> str:
        """Rows typed, with the reason of their rejection, and the column and value at fault."""
        ecartee = "ecartee" if self.tranche.correspondance else "false"
        clauses = [clause for colonne in self.table.colonnes if (clause := self._clauses(colonne))]
        au_fichier = [f.finess_ej or "" for f in self.tranche.fichiers]
        noms = [colonne.nom for colonne in self.table.colonnes]
        fautifs = " ".join(f"when {texte_sql(self._etiquette(c))} then {self._lue(c)}" for c in self.table.colonnes)
        fautes = ", ".join(f"case {clause} end" for clause in clauses)
        typees = "".join(f', {self._typer(c)} as "{c.nom}"' for c in self.table.colonnes if c.type != "varchar")
        return f"""
            select
                {self.tranche.du_fichier([f.identifiant for f in self.tranche.fichiers], "fichier")} as fichier_id,
                ligne,
                {'"finess_ej"' if "finess_ej" in noms else self.tranche.du_fichier(au_fichier, "fichier") + " as finess_ej"},
                rejet is not null as rejetee,
                {ecartee} as ecartee,
                rejet,
                case when rejet is not null then ltrim(case split_part(rejet, '|', 2) {fautifs} end, chr(1)) end as valeur_rejetee,
                -- « One reason per row, the first in the order of the columns; autres_fautes lists the others. »
                case when rejet is not null and not nb_champs_faux then nullif(replace(array_to_string(
                    list_filter([{fautes}], lambda faute: faute is not null)[2:], ', '
                ), '|', ' '), '') end as autres_fautes,
                {", ".join(self._retenir(c) for c in self.table.colonnes if c.nom != "finess_ej")}
            from (
                select *, case when {ecartee} then null when nb_champs_faux then 'NOMBRE_DE_CHAMPS|' {" ".join(clauses)} end as rejet
                from (select *{typees} from ({self._champs()}))
            )
        """

    def est_francaise(self, moteur: duckdb.DuckDBPyConnection) -> bool:
        """True when most dates of the files are written JJ/MM/AAAA."""
        dates = [c for c in self.table.colonnes if c.type in ("date", "timestamp") and c.nom in self.tranche.colonnes]
        if not dates:
            return False
        voix = " + ".join(
            f"coalesce(sum(case when regexp_matches({c.texte}, '^[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}}') then 1"
            f" when regexp_matches({c.texte}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') then -1 end), 0)"
            for c in dates
        )
        return bool(moteur.execute(f"select {voix} from ({self._champs()})").fetchall()[0][0] > 0)

    def _etiquette(self, colonne: Colonne) -> str:
        """What a reject calls a column: the hospital's words for it, where there are some."""
        regle = self.regles.get(colonne.nom)
        return regle.etiquette if regle else colonne.nom

    def _lue(self, colonne: Colonne) -> str:
        """The value of a column as the file has it."""
        return nom_sql(f"{colonne.nom}__lue") if colonne.nom in self.regles else colonne.texte

    def _champs(self) -> str:
        tranche = self.tranche
        if not tranche.correspondance:
            return _Champs(tranche, {c: c.nom for c in self.table.colonnes}).sql()
        joints = tranche.fichiers[0].joints
        traduction = Traduction(
            tranche.correspondance, self.table.colonnes, tranche.colonnes, [joint.colonnes for joint in joints],
            tranche.fichiers[0].est_un_classeur,
        )  # fmt: skip
        lues = _Champs(tranche, traduction.lues()).sql()
        jointes = [
            _Champs(_Tranche([joint], [joint.chemin_a_lire], [0], joint.lecture), traduction.lues(rang)).sql()
            for rang, joint in enumerate(joints)
        ]
        traduites = traduction.sql(lues, jointes)
        # The far date of what has not ended is known once it is in one form.
        valeurs = ", ".join(f"{_nulle_si_vide(c.texte, c)} as {c.texte}" for c in self.table.colonnes)
        retenues = "".join(f", {self._lue(c)}" for c in self.table.colonnes if c.nom in self.regles)
        return f"select fichier, ligne, nb_champs_faux, ecartee, {valeurs}{retenues} from ({traduites})"

    def _typer(self, colonne: Colonne) -> str:
        """The text of a column as a value of the contract's type, null when it cannot be read."""
        c = colonne.texte
        if colonne.type == "boolean":
            return (
                f"case when {c} = 'true' then true when {c} = 'false' then false"
                f" when lower({c}) in ('true', '1', 'oui', 'vrai', 'o') then true"
                f" when lower({c}) in ('false', '0', 'non', 'faux', 'n') then false end"
            )
        if colonne.type == "integer":
            return f"case when regexp_full_match({c}, '[+-]?[0-9]+') then try_cast({c} as integer) end"
        if colonne.type == "double":
            natif = "(e[+-]?[0-9]+)?" if self.tranche.type_de(colonne.nom) in ("double", "float") else ""
            return rf"case when regexp_full_match({c}, '[+-]?[0-9]+(\.[0-9]+)?{natif}') then try_cast({c} as double) end"
        if self.francaise:
            return f"cast({self._instant(c)} as {colonne.type})"
        if colonne.type == "date":
            return (
                f"case when length({c}) = 10 and {c} like '____-__-__' then try_cast({c} as date)"
                f" else cast({self._instant(c)} as date) end"
            )
        formes = " or ".join(f"{c} like '{forme}'" for forme in ("____-__-_____:__:__", "____-__-__", "____-__-_____:__"))
        return f"case when {formes} then try_cast({c} as timestamp) else {self._instant(c)} end"

    def _instant(self, texte: str) -> str:
        """A date, perhaps a time, perhaps a zone, in the form of its file: a timestamp by the clock of the establishment.

        « A timestamp may lack its seconds or its time, or have any number of decimals. »
        """
        jour = "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}" if self.francaise else "[0-9]{4}-[0-9]{2}-[0-9]{2}"
        heure = "[T ]+[0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
        iso = texte
        if self.francaise:
            iso = rf"regexp_replace({texte}, '^([0-9]{{1,2}})/([0-9]{{1,2}})/([0-9]{{4}})', '\3-\2-\1')"
        return rf"""case
            when regexp_full_match({texte}, '{jour}({heure})?')
                then try_cast(regexp_replace(replace({iso}, ',', '.'), '[T ]+', ' ') as timestamp)
            when regexp_full_match({texte}, '{jour}{heure} ?([Zz]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)')
                then timezone({self.fuseau}, try_cast(
                    regexp_replace(
                        regexp_replace(upper(replace({iso}, ',', '.')), ' ([Z+-])', '\1'),
                        '[T ]+([0-9]{{1,2}}:[0-9]{{2}})([Z+-])', ' \1:00\2'
                    ) as timestamptz
                ))
        end"""

    def _clauses(self, colonne: Colonne) -> str:
        """The clauses that reject a row for a column: the first that holds gives ``MOTIF|colonne``; none, nothing."""
        texte, valeur = colonne.texte, f'"{colonne.nom}"'
        clauses: list[tuple[str, str]] = []
        if colonne.obligatoire:
            clauses.append((f"{texte} is null", "OBLIGATOIRE_VIDE"))
        if colonne.condition:
            clauses.append((f"{texte} is null and {_condition(colonne)}", "OBLIGATOIRE_VIDE"))
        if colonne.type in ("date", "timestamp"):
            # « Years of two digits, or outside 1880–2199, are TYPE_ILLISIBLE. »
            lisible = f"{valeur} >= date '1880-01-01' and {valeur} < date '2200-01-01'"
            clauses.append((f"{texte} is not null and not coalesce({lisible}, false)", "TYPE_ILLISIBLE"))
        elif colonne.type != "varchar":
            clauses.append((f"{texte} is not null and {valeur} is null", "TYPE_ILLISIBLE"))
        elif self.tranche.est_parquet or self.regles or (self.tranche.lecture["exposants"] and colonne.nature == "IDENTIFIANT"):
            clauses.append((f"starts_with({texte}, chr(1))", "TYPE_ILLISIBLE"))
            if self.regles:
                clauses.append((f"starts_with({texte}, {HORS_TABLE})", "HORS_VALEURS"))
        if colonne.valeurs:
            clauses.append((f"{texte} not in ({liste_sql(colonne.valeurs)[1:-1]})", "HORS_VALEURS"))
        controle = colonne.controle
        if controle.startswith(">="):
            clauses.append((f"{valeur} < {controle[2:]}", "HORS_VALEURS"))
        elif ".." in controle:
            clauses.append((f"{valeur} not between {' and '.join(controle.split('..'))}", "HORS_VALEURS"))
        elif controle.startswith("longueur="):
            clauses.append((f"length({texte}) <> {controle[9:]}", "HORS_VALEURS"))
        elif controle == "fuseau":
            clauses.append((f"{texte} not in (select name from pg_timezone_names())", "HORS_VALEURS"))
        elif controle.startswith("jour="):
            clauses.append((f"day({valeur}) <> {controle[5:]}", "HORS_VALEURS"))
        if colonne.apres:
            clauses.append((f'cast({valeur} as date) < cast("{colonne.apres}" as date)', "DATES_INCOHERENTES"))
        etiquette = self._etiquette(colonne)
        return " ".join(f"when {condition} then {texte_sql(f'{motif}|{etiquette}')}" for condition, motif in clauses)

    def _retenir(self, colonne: Colonne) -> str:
        return (
            f'case when {_condition(colonne)} then "{colonne.nom}" end as "{colonne.nom}"'
            if colonne.condition
            else f'"{colonne.nom}"'
        )


class _Champs:
    """The SELECT of the fields of the files of a tranche, each a text as the contract reads it.

    ``lues``: the column of the files that gives each column, by its name or its position; one that they do not have is empty.
    """

    def __init__(self, tranche: _Tranche, lues: Mapping[Colonne, str | int]) -> None:
        self.tranche = tranche
        self.positions = {c: tranche.position_de(nom) for c, nom in lues.items()}
        self.fuseau = tranche.du_fichier([f.fuseau for f in tranche.fichiers], "fichier")

    def sql(self) -> str:
        """Columns ``fichier`` (rank among those of the tranche), ``ligne``, ``nb_champs_faux`` and those that are asked for."""
        return self._champs_parquet() if self.tranche.est_parquet else self._champs_csv()

    def _champs_csv(self) -> str:
        tranche, lu = self.tranche, self.tranche.lecture
        nb = len(tranche.colonnes)
        # A header that ends with a delimiter names one column less.
        admis = f"{nb}, {nb - 1}" if tranche.colonnes[-1:] == [""] else f"{nb}"
        faux = f"len(champs) <> {nb + 1} or champs[{nb + 1}] <> ''" if lu["final"] else f"len(champs) not in ({admis})"
        valeurs = [
            ("cast(null as varchar)" if position is None else f"champs[{position + 1}]") + f" as {c.texte}"
            for c, position in self.positions.items()
        ]
        champs = f"""
            select fichier, ligne, {faux} as nb_champs_faux, {", ".join(valeurs)}
            from (
                select fichier, ligne, {_decouper(tranche.fichiers[0].delimiteur, lu["guillemets"], lu["marques"])} as champs
                from (
                    select
                        cast(file_index as bigint) + 1 as fichier,
                        row_number() over () - {tranche.du_fichier(tranche.debuts)} as ligne,
                        texte
                    from {lire_lignes(tranche.chemins, lu["crlf"])}
                )
                where ligne > 1 and {_sans_blancs("texte") + " <> ''" if lu["blancs"] else "texte is not null"}
            )
        """
        lues = {c for c, position in self.positions.items() if position is not None}
        return self._nettoyer(champs, lues if lu["blancs"] else set(), lues if lu["marques"] else set(), lu["exposants"])

    def _champs_parquet(self) -> str:
        """Native types become the text of the contract."""
        lues = {c: position for c, position in self.positions.items() if position is not None}
        noms = self.tranche.colonnes
        # A file with a column of the name of one of the engine's own is alone.
        seul = len(self.tranche.chemins) == 1
        fichier, ligne = ("1", "row_number() over () + 1") if seul else ("cast(file_index as bigint) + 1", "file_row_number + 2")
        valeurs = ", ".join(
            f"{self._texte_natif(c) if c in lues else 'cast(null as varchar)'} as {c.texte}" for c in self.positions
        )
        champs = f"""
            select fichier, ligne, false as nb_champs_faux, {valeurs}
            from (
                select {"".join(f'{nom_sql(noms[position])} as "{c.nom}", ' for c, position in lues.items())}{fichier} as fichier, {ligne} as ligne
                from read_parquet({chemins_sql(self.tranche.chemins)}{"" if seul else ", file_row_number = true"})
            )
        """
        textes = {c for c in lues if self._type_de(c).startswith(("varchar", "json", "uuid", "enum", "blob"))}
        return self._nettoyer(champs, textes, textes, True)

    def _nettoyer(self, champs: str, a_blancs: set[Colonne], a_marques: set[Colonne], exposants: bool) -> str:
        """Values as the contract reads them, one step after the other: an expression repeated inside another would be planned
        as many times.
        """
        etapes = [
            {c: _sans_blancs_autour(c.texte) for c in a_blancs},
            {c: _sans_marques(c.texte, c) for c in a_marques},
            {c: _sans_exposant(c.texte) for c in self.positions if c.nature == "IDENTIFIANT" and exposants},
            {c: _nulle_si_vide(c.texte, c) for c in self.positions},
        ]
        for etape in etapes:
            if etape:
                valeurs = ", ".join(f"{etape.get(c, c.texte)} as {c.texte}" for c in self.positions)
                champs = f"select fichier, ligne, nb_champs_faux, {valeurs} from ({champs})"
        return champs

    def _type_de(self, colonne: Colonne) -> str:
        """Type in the Parquet file, in DuckDB's words."""
        position = self.positions[colonne]
        return "" if position is None else self.tranche.fichiers[0].types[position]

    def _texte_natif(self, colonne: Colonne) -> str:
        """« A whole number stored as a double is that number », as far as its digits are known; an instant with a zone is told
        by the clock of the establishment.
        """
        q, genre = f'"{colonne.nom}"', self._type_de(colonne)
        identifiant = "chr(1) || " if colonne.nature == "IDENTIFIANT" else ""
        longueur = 10 if colonne.type == "date" else 26
        if genre in ("double", "float"):
            exacts = 16777216 if genre == "float" else 9007199254740992
            return (
                f"case when isnan({q}) then null when {q} = floor({q}) and abs({q}) <= {exacts}"
                f" then cast(cast({q} as bigint) as varchar) else {identifiant}cast({q} as varchar) end"
            )
        if genre.startswith("decimal"):
            return rf"regexp_replace(cast({q} as varchar), '\.0+$', '')"
        if genre == "timestamp with time zone":
            if colonne.nature == "FIN":
                lointaines = "(date '9999-12-31', date '2999-12-31')"
                q = f"case when cast(timezone('UTC', {q}) as date) not in {lointaines} then {q} end"
            return f"left(cast(timezone({self.fuseau}, {q}) as varchar), {longueur})"
        if genre.startswith(("timestamp", "date")):
            return f"left(cast({q} as varchar), {longueur})"
        if genre == "varchar":
            return q
        if genre in ("json", "uuid", "boolean") or genre.startswith("enum") or genre.endswith(("int", "integer")):
            return f"cast({q} as varchar)"
        if genre == "blob":
            return f"coalesce(try(decode({q})), case when octet_length({q}) > 0 then chr(1) || 'octets' end)"
        return f"case when {q} is not null then chr(1) || left(cast({q} as varchar), 100) end"


def _condition(colonne: Colonne) -> str:
    assert colonne.condition
    return f'"{colonne.condition[0]}" = {texte_sql(colonne.condition[1])}'


def _sans_blancs(texte: str) -> str:
    """« Blanks of every kind around a value are dropped. »"""
    return f"trim({texte}, {' || '.join(f'chr({ord(blanc)})' for blanc in BLANCS)})"


def _sans_blancs_autour(texte: str) -> str:
    """The same where few texts have some: looking at both ends costs less."""
    blancs = liste_sql(BLANCS)[1:-1]
    return (
        f"case when left({texte}, 1) in ({blancs}) or right({texte}, 1) in ({blancs}) then {_sans_blancs(texte)} else {texte} end"
    )


def _sans_marques(texte: str, colonne: Colonne) -> str:
    """Words for nothing are nothing, what Excel adds around is dropped."""
    vides = liste_sql(MOTS_VIDES if "NA" in colonne.valeurs else (*MOTS_VIDES, "na"))[1:-1]
    return f"""case
        when length({texte}) <= 6 and lower({texte}) in ({vides}) then null
        when starts_with({texte}, chr(2)) then substr({texte}, 2)
        when starts_with({texte}, '="') and ends_with({texte}, '"') then {_sans_blancs(f"substr({texte}, 3, length({texte}) - 3)")}
        when starts_with({texte}, '''') then {_sans_blancs(f"substr({texte}, 2)")}
        else {texte}
    end"""


def _sans_exposant(texte: str) -> str:
    """« An identifier in scientific notation: its digits are lost. »"""
    scientifique = "[+-]?[0-9]+(?:[.,][0-9]+)?[eE][+-][0-9]+|[+-]?[0-9]+[.,][0-9]+[eE][0-9]+"
    return f"case when regexp_full_match({texte}, '{scientifique}') then chr(1) || {texte} else {texte} end"


def _nulle_si_vide(texte: str, colonne: Colonne) -> str:
    """Nothing is null; so is the far date of what has not ended."""
    if colonne.nature == "FIN":
        return f"case when left({texte}, 10) not in ({liste_sql(('', *SANS_FIN))[1:-1]}) then {texte} end"
    return f"nullif({texte}, '')"


def _decouper(delimiteur: str, guillemets: bool, marques: bool) -> str:
    """Fields of a line; quotes are looked at only where there are some, and make a value only from its beginning to its end.

    « Nothing » is a value in quotes: chr(2) tells.
    """
    litteral = "chr(9)" if delimiteur == "\t" else texte_sql(delimiteur)
    if not guillemets:
        return f"string_split(texte, {litteral})"
    d = {"\t": r"\t", "|": r"\|"}.get(delimiteur, delimiteur)
    blancs = "[ " + ("" if delimiteur == "\t" else r"\t") + r"\x{a0}\x{202f}\x{200b}\x{feff}]*"
    interieur = _sans_blancs("""replace(substr(champ, 2, length(champ) - 2), '""', '"')""")
    nu = (
        f"case when lower({interieur}) in ({liste_sql((*MOTS_VIDES, 'na'))[1:-1]}) then chr(2) else '' end || " if marques else ""
    )
    return f"""case
        when contains(texte, '"') then list_transform(
            list_transform(
                regexp_extract_all(texte || {litteral}, '({blancs}"(?:[^"]|"")*"{blancs}|[^{d}]*){d}', 1),
                lambda champ: {_sans_blancs("champ")}
            ),
            lambda champ: case when regexp_full_match(champ, '"(?:[^"]|"")*"') then {nu}{interieur} else champ end
        )
        else string_split(texte, {litteral})
    end"""
