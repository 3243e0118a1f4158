"""The lake: the rows of the exports as typed Parquet files, kept from one build to the next.

``<lac>/<lecteur>/<relation>/<sha256>.parquet``: immutable files named by their content. The files read together (a « fournée »)
give one Parquet file a relation; ``<lac>/<lecteur>/manifeste.json``, replaced at once, names those in force. A file of the
lake that was cut short or altered, or that another version wrote, is written anew; those of files that have gone are written
again without them. Nothing that the warehouse in place reads is removed.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from socle import graines
from socle.entrepot import chemins_lus, connecter
from socle.lecture.inventaire import CORRESPONDANCE, FILS, JOINT, LISIBLE, Fichier
from socle.lecture.octets import empreinte_de
from socle.lecture.sql import OPTIONS_PARQUET, chemins_sql, texte_sql
from socle.sorties import ecrire_fichier, poser

OCTETS_D_UNE_FOURNEE = 256 << 20
"""Source bytes whose rows are kept together."""
PETITES_FOURNEES = 16
"""From that many batches under an eighth of the usual size, they are merged."""
LIGNES_PAR_FICHIER = 10_000_000_000
"""``ligne_source`` is the rank of the file in its flux times that, plus the line."""

Colonnes = Mapping[str, str]
"""Columns of a relation, with their DuckDB type."""

FICHIER: Colonnes = {"fichier_id": "bigint"}
LIGNE: Colonnes = {**FICHIER, "ligne": "bigint"}
PLACE: Colonnes = {**LIGNE, "finess_ej": "varchar"}
"""What each row of a relation begins with."""
REJETS: Colonnes = {
    "colonne": "varchar", "valeur": "varchar", "motif": "varchar", "message_id": "varchar", "autres_fautes": "varchar",
}  # fmt: skip
ALERTES: Colonnes = {"colonne": "varchar", "motif": "varchar", "nb": "bigint", "message_id": "varchar"}
FILTREES: Colonnes = {"nb": "bigint"}
"""Lines of each file that its correspondence leaves out."""
TRANSMISSIONS: Colonnes = {"mode_transmission": "varchar", "nb_lignes_remplacees": "bigint"}
# Those that a correspondence leaves out are among the ignored ones.
COMPTES: Colonnes = {
    "nb_lues": "bigint", "nb_retenues": "bigint", "nb_remplacees": "bigint", "nb_rejetees": "bigint", "nb_ignorees": "bigint",
    "nb_filtrees": "bigint",
}  # fmt: skip


class Lecteur(Protocol):
    """What turns the files of one flux, or of several that go together, into rows.

    ``nom``: its folder in the lake; ``relations``: their columns but those of `PLACE`; ``lignes``: the relations that hold a
    row for each line kept; ``regles``: the seeds that decide the rows, beside the code of this package.
    """

    nom: str
    relations: dict[str, Colonnes]
    lignes: tuple[str, ...]
    regles: tuple[str, ...]

    def lit(self, flux: str) -> bool:
        """Whether the files of a flux are for it."""

    def lire(self, moteur: duckdb.DuckDBPyConnection, fichiers: list[Fichier], dossier: Path) -> dict[int, int]:
        """Write ``<relation>.parquet`` for each relation that has rows, ``rejets.parquet``, ``alertes.parquet`` and
        ``filtrees.parquet`` if any.

        Returns:
            lines (messages) seen of each file, by its number.
        """

    def departager(self, moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
        """Among all the rows in force, tell those that a later extraction replaces.

        Args:
            moteur: connection with a view of each relation (its columns, and ``rang``, ``flux``, ``extrait_le``,
                ``nom_et_membre`` of the file).
            dossier: where to write ``remplacees.parquet`` (fichier_id, ligne), and ``transmissions.parquet`` or
                ``alertes.parquet`` if there are any.
        """


@dataclass
class Fournee:
    """Files read together: lines of each by its number, and the Parquet file (SHA-256) of each relation."""

    fichiers: dict[str, int]
    parquets: dict[str, str]


@dataclass
class Manifeste:
    """What is in force of a reader: its batches, and what was decided among all their rows (``cle``: of which rows)."""

    version: str
    fournees: list[Fournee] = field(default_factory=list)
    cle: str = ""
    decisions: dict[str, str] = field(default_factory=dict)

    def parquets(self) -> Iterator[tuple[str, str]]:
        """Relation and SHA-256 of each Parquet file."""
        for fournee in self.fournees:
            yield from fournee.parquets.items()
        yield from self.decisions.items()


class Lac:
    """The lake of a folder.

    Args:
        dossier: its folder.
        moteur: a private connection, in memory.
        relire: nothing of what is there is to be used.
        dire: told, in French, of what is read and of what was altered.
        variables: of dbt, by which decisions are made; the connection has them too (``getvariable``).
    """

    def __init__(
        self,
        dossier: Path,
        moteur: duckdb.DuckDBPyConnection,
        relire: bool = False,
        dire: Callable[[str], None] = lambda mot: None,
        variables: Mapping[str, float] | None = None,
    ) -> None:
        """Make the folder if it is not there; only its owner reads it."""
        self.dossier, self.moteur, self.relire, self.dire = dossier, moteur, relire, dire
        dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
        for reste in dossier.glob(".en_cours*"):
            shutil.rmtree(reste)
        self.variables = variables or {}
        for nom, valeur in self.variables.items():
            moteur.execute(f"set variable {nom} = {valeur}")
        self.manifestes: dict[str, Manifeste] = {}

    def lire(self, lecteur: Lecteur, fichiers: list[Fichier]) -> None:
        """Bring a reader's rows up to date.

        Args:
            lecteur: the reader.
            fichiers: all its files in the inventory; one that changes while it is read is set aside.
        """
        version = _version(*lecteur.regles)
        manifeste = self._garder(lecteur, version, [f for f in fichiers if f.etat == LISIBLE])
        connus = {cle for fournee in manifeste.fournees for cle in fournee.fichiers}
        a_lire = [f for f in fichiers if f.etat == LISIBLE and str(f.identifiant) not in connus]
        for groupe in _par_taille(a_lire, OCTETS_D_UNE_FOURNEE):
            if fournee := self._lire_fournee(lecteur, groupe):
                manifeste.fournees.append(fournee)
        lus = [f for f in fichiers if f.etat == LISIBLE]
        for flux in sorted({str(f.flux) for f in lus}):
            total = sum(f.nb_lignes_attendues for f in lus if f.flux == flux)
            deja = sum(f.nb_lignes_attendues for f in lus if f.flux == flux and str(f.identifiant) in connus)
            self.dire(f"{flux} : {total} ligne{'s' * (total > 1)}, dont {deja} déjà lue{'s' * (deja > 1)}")
        self._decider(lecteur, manifeste, lus)
        self._ecrire(lecteur.nom, manifeste)

    def lignes(self, lecteur: Lecteur, relation: str = "lignes") -> str:
        """The SELECT of the rows in force of a relation."""
        return _lecture(self._parquets(lecteur.nom, self.manifestes[lecteur.nom], relation), lecteur.relations[relation])

    def _garder(self, lecteur: Lecteur, version: str, fichiers: list[Fichier]) -> Manifeste:
        """The manifest that a former build left, without what is altered or comes from files that have gone."""
        ancien = self._ancien(lecteur.nom, version)
        voulus = {str(f.identifiant) for f in fichiers}
        abimes = self._abimes(lecteur.nom, ancien)
        for nom in sorted(abimes):
            self.dire(f"Lac {lecteur.nom} : {nom}.parquet est abîmé, il est refait.")
        if abimes & set(ancien.decisions.values()):
            ancien.cle = ""
        gardes, a_reprendre = [], []
        for fournee in ancien.fournees:
            utiles = {cle: nb for cle, nb in fournee.fichiers.items() if cle in voulus}
            voulus -= set(utiles)
            if utiles and not abimes & set(fournee.parquets.values()):
                (gardes if len(utiles) == len(fournee.fichiers) else a_reprendre).append(Fournee(utiles, fournee.parquets))
        petits = [fournee for fournee in gardes if self._taille(lecteur.nom, fournee) < OCTETS_D_UNE_FOURNEE // 32]
        if len(petits) > PETITES_FOURNEES:
            a_reprendre += petits
            gardes = [fournee for fournee in gardes if fournee not in petits]
        if a_reprendre:
            gardes.append(self._reprendre(lecteur, a_reprendre))
        return Manifeste(version, gardes, ancien.cle, ancien.decisions)

    def _ancien(self, nom: str, version: str) -> Manifeste:
        with suppress(OSError, ValueError, LookupError, TypeError):
            lu = json.loads((self.dossier / nom / "manifeste.json").read_text(encoding="utf-8"))
            if lu["version"] == version and not self.relire:
                return Manifeste(version, [Fournee(**fournee) for fournee in lu["fournees"]], lu["cle"], lu["decisions"])
        return Manifeste(version)

    def _abimes(self, nom: str, manifeste: Manifeste) -> set[str]:
        """Names of the Parquet files whose bytes are not those that were written."""

        def intact(parquet: tuple[str, str]) -> bool:
            with suppress(OSError):
                return empreinte_de(self._chemin(nom, *parquet)) == parquet[1]
            return False

        parquets = list(manifeste.parquets())
        with ThreadPoolExecutor(FILS) as fils:
            return {parquet[1] for parquet, bon in zip(parquets, fils.map(intact, parquets), strict=True) if not bon}

    def _lire_fournee(self, lecteur: Lecteur, fichiers: list[Fichier]) -> Fournee | None:
        """Read some files together; those that are no longer what they were are set aside, the others read without them."""
        while fichiers:
            changes = [f for f in fichiers if not f.est_pret()]
            if not changes:
                with tempfile.TemporaryDirectory(prefix=".en_cours", dir=self.dossier) as travail:
                    try:
                        lues = lecteur.lire(self.moteur, fichiers, Path(travail))
                    except (OSError, duckdb.Error):
                        lues = {}
                        if all(f.est_inchange() for f in fichiers):
                            raise
                    changes = [f for f in fichiers if lues.get(f.identifiant, 0) != f.nb_lignes_attendues or not f.est_inchange()]
                    if not changes:
                        return Fournee(
                            {str(f.identifiant): f.nb_lignes_attendues for f in fichiers}, self._poser(lecteur.nom, travail)
                        )
            for fichier in changes:
                fichier.ecarter()
                self.dire(
                    f"Fichier {fichier.fichier} modifié ou retiré pendant la lecture : il sera lu à la prochaine exécution."
                )
            fichiers = [f for f in fichiers if f.etat == LISIBLE]
        return None

    def _reprendre(self, lecteur: Lecteur, fournees: list[Fournee]) -> Fournee:
        """Several batches, or what is wanted of one, as a new one."""
        fichiers = {cle: nb for fournee in fournees for cle, nb in fournee.fichiers.items()}
        with tempfile.TemporaryDirectory(prefix=".en_cours", dir=self.dossier) as travail:
            for relation in (*lecteur.relations, "rejets", "alertes", "filtrees"):
                parquets = [fournee.parquets[relation] for fournee in fournees if relation in fournee.parquets]
                if parquets:
                    chemins = chemins_sql(self._chemin(lecteur.nom, relation, parquet) for parquet in parquets)
                    self.moteur.execute(
                        f"copy (select * from read_parquet({chemins}) where fichier_id in ({', '.join(fichiers)}))"
                        f" to {texte_sql(Path(travail, f'{relation}.parquet'))} ({OPTIONS_PARQUET})"
                    )
            return Fournee(fichiers, self._poser(lecteur.nom, travail))

    def _decider(self, lecteur: Lecteur, manifeste: Manifeste, fichiers: list[Fichier]) -> None:
        """Tell among all the rows those that are replaced, and count what became of the lines of each file."""
        rangs = sorted((f.identifiant, f.rang, f.nom_et_membre, str(f.extrait_le)) for f in fichiers)
        cle = hashlib.sha256(
            json.dumps([rangs, [fournee.parquets for fournee in manifeste.fournees], self.variables]).encode()
        ).hexdigest()
        if cle == manifeste.cle:
            return
        self._montrer_au_moteur(lecteur, manifeste, fichiers)
        with tempfile.TemporaryDirectory(prefix=".en_cours", dir=self.dossier) as travail:
            lecteur.departager(self.moteur, Path(travail))
            remplacees = Path(travail, "remplacees.parquet")
            lues = _lecture([remplacees] if remplacees.exists() else [], {}, LIGNE)
            self.moteur.execute(f"create or replace view remplacees as {lues}")
            filtrees = _lecture(self._parquets(lecteur.nom, manifeste, "filtrees"), FILTREES, FICHIER)
            self.moteur.execute(f"create or replace view filtrees as {filtrees}")
            self.moteur.execute(
                f"copy ({_comptes(lecteur)}) to {texte_sql(Path(travail, 'comptes.parquet'))} ({OPTIONS_PARQUET})"
            )
            manifeste.cle, manifeste.decisions = cle, self._poser(lecteur.nom, travail)
        for relation in (*lecteur.relations, "rejets", "remplacees", "filtrees"):
            self.moteur.execute(f"drop view {relation}")
        self.moteur.execute("drop table fichiers")

    def _montrer_au_moteur(self, lecteur: Lecteur, manifeste: Manifeste, fichiers: list[Fichier]) -> None:
        lues = {cle: nb for fournee in manifeste.fournees for cle, nb in fournee.fichiers.items()}
        table = pa.table(
            {
                "fichier_id": pa.array([f.identifiant for f in fichiers], pa.int64()),
                "finess_ej": pa.array([f.finess_ej for f in fichiers], pa.string()),
                "rang": pa.array([f.rang for f in fichiers], pa.int64()),
                "flux": pa.array([f.flux for f in fichiers], pa.string()),
                "extrait_le": pa.array([f.extrait_le for f in fichiers], pa.date32()),
                "nom_et_membre": pa.array([f.nom_et_membre for f in fichiers], pa.string()),
                "nb_lignes": pa.array([lues[str(f.identifiant)] for f in fichiers], pa.int64()),
                "nb_ignorees": pa.array([f.nb_ignorees for f in fichiers], pa.int64()),
            }
        )
        self.moteur.register("inventaire", table)
        self.moteur.execute("create or replace table fichiers as from inventaire")
        self.moteur.unregister("inventaire")
        for relation, colonnes in (lecteur.relations | {"rejets": REJETS}).items():
            lignes = _lecture(self._parquets(lecteur.nom, manifeste, relation), colonnes)
            self.moteur.execute(
                f"create or replace view {relation} as select lignes.*, rang, flux, extrait_le, nom_et_membre from ({lignes}) as lignes"
                " inner join fichiers using (fichier_id)"
            )

    def _parquets(self, nom: str, manifeste: Manifeste, relation: str) -> list[Path]:
        return [self._chemin(nom, r, parquet) for r, parquet in manifeste.parquets() if r == relation]

    def _chemin(self, nom: str, relation: str, parquet: str) -> Path:
        return self.dossier / nom / relation / f"{parquet}.parquet"

    def _taille(self, nom: str, fournee: Fournee) -> int:
        return sum(self._chemin(nom, relation, parquet).stat().st_size for relation, parquet in fournee.parquets.items())

    def _poser(self, nom: str, travail: str | Path) -> dict[str, str]:
        """Put the Parquet files of a folder in their places, under the names of their contents."""
        parquets = {}
        for provisoire in sorted(Path(travail).glob("*.parquet")):
            relation = provisoire.stem
            parquets[relation] = empreinte_de(provisoire)
            definitif = self._chemin(nom, relation, parquets[relation])
            definitif.parent.mkdir(parents=True, exist_ok=True)
            poser(provisoire, definitif)
        return parquets

    def _ecrire(self, nom: str, manifeste: Manifeste) -> None:
        self.manifestes[nom] = manifeste
        dossier = self.dossier / nom
        dossier.mkdir(exist_ok=True)
        ecrire_fichier(dossier / "manifeste.json", json.dumps(asdict(manifeste), indent=1).encode())

    def inventorier(self, lecteurs: list[Lecteur], fichiers: list[Fichier]) -> None:
        """Keep the inventory, with the accounts of each file that was read.

        Args:
            lecteurs: the readers, whose rows are up to date.
            fichiers: the whole inventory.
        """
        colonnes = {nom: pa.array([_champ(f, nom) for f in fichiers], genre) for nom, genre in _INVENTAIRE.items()}
        self.moteur.register("inventaire", pa.table(colonnes))
        # What only serves the reading of others is kept whole: a code list is neither superseded nor rejected.
        servis = [f for f in fichiers if f.etat == LISIBLE and f.flux in (JOINT, CORRESPONDANCE)]
        gardees = pa.array([f.nb_lignes_attendues for f in servis], pa.int64())
        ignorees = pa.array([f.nb_ignorees for f in servis], pa.int64())
        aucune = pa.array([0] * len(servis), pa.int64())
        ids = pa.array([f.identifiant for f in servis], pa.int64())
        lues = pa.array([f.nb_lignes_attendues + f.nb_ignorees for f in servis], pa.int64())
        self.moteur.register(
            "sans_lecteur",
            pa.table(dict(zip((*FICHIER, *COMPTES), (ids, lues, gardees, aucune, aucune, ignorees, aucune), strict=True))),
        )
        comptes, transmissions = (
            _lecture(
                [c for lecteur in lecteurs for c in self._parquets(lecteur.nom, self.manifestes[lecteur.nom], nom)],
                colonnes,
                FICHIER,
            )
            for nom, colonnes in (("comptes", COMPTES), ("transmissions", TRANSMISSIONS))
        )
        with tempfile.TemporaryDirectory(prefix=".en_cours", dir=self.dossier) as travail:
            self.moteur.execute(
                f"""
                copy (
                    select
                        inventaire.*, {", ".join(TRANSMISSIONS)},
                        {", ".join(f"coalesce(comptes.{nom}, sans_lecteur.{nom}) as {nom}" for nom in COMPTES)}
                    from inventaire
                    left join ({comptes}) as comptes using (fichier_id)
                    left join sans_lecteur using (fichier_id)
                    left join ({transmissions}) as transmissions using (fichier_id)
                    order by flux, rang
                ) to {texte_sql(Path(travail, "fichiers.parquet"))} ({OPTIONS_PARQUET})
                """
            )
            self._ecrire("fichiers", Manifeste(_version(), decisions=self._poser("fichiers", travail)))
        self.moteur.unregister("inventaire")
        self.moteur.unregister("sans_lecteur")

    def vues(self, lecteurs: list[Lecteur]) -> Iterator[str]:
        """What shows the lake to a warehouse: the statements that make the views of its schema ``depot``."""
        yield "create schema if not exists depot"
        inventaire = self.manifestes.get("fichiers")
        chemins = self._parquets("fichiers", inventaire, "fichiers") if inventaire else []
        types = {nom: _TYPES[genre] for nom, genre in _INVENTAIRE.items()} | dict(TRANSMISSIONS) | dict(COMPTES)
        yield f"create or replace view depot.fichiers as {_lecture(chemins, types, place={})}"
        for lecteur in lecteurs:
            manifeste = self.manifestes.get(lecteur.nom, Manifeste(""))
            for relation, colonnes in lecteur.relations.items():
                nom = lecteur.nom if relation == "lignes" else f"{lecteur.nom}_{relation}"
                yield _vue(nom, _lecture(self._parquets(lecteur.nom, manifeste, relation), colonnes), ("finess_ej", *colonnes))
            yield _vue(f"{lecteur.nom}_remplacees", _lecture(self._parquets(lecteur.nom, manifeste, "remplacees"), {}, LIGNE))
        for relation, colonnes in (("rejets", REJETS), ("alertes", ALERTES)):
            parquets = [
                chemin
                for nom, manifeste in sorted(self.manifestes.items())
                for chemin in self._parquets(nom, manifeste, relation)
            ]
            place = ("finess_ej", "ligne", *colonnes)
            yield _vue(relation, _lecture(parquets, colonnes), place, "fichiers.flux", "fichiers.rang")


def nettoyer(dossier: Path, *entrepots: Path) -> None:
    """Remove the files of a lake that neither its manifests nor the views of a warehouse name.

    Args:
        dossier: of the lake.
        entrepots: the warehouse in place, and the one before; while one cannot be read, nothing is removed.
    """
    gardes = set()
    with suppress(OSError, ValueError, LookupError, TypeError, duckdb.Error):
        for manifeste in dossier.glob("*/manifeste.json"):
            lu = json.loads(manifeste.read_text(encoding="utf-8"))
            for parquets in (lu["decisions"], *(fournee["parquets"] for fournee in lu["fournees"])):
                gardes |= {manifeste.parent / relation / f"{empreinte}.parquet" for relation, empreinte in parquets.items()}
        for entrepot in filter(Path.exists, entrepots):
            with connecter(entrepot) as connexion:
                gardes |= set(chemins_lus(connexion))
        for chemin in set(dossier.glob("*/*/*.parquet")) - gardes:
            chemin.unlink(missing_ok=True)


_INVENTAIRE = {
    "fichier_id": pa.int64(), "fichier": pa.string(), "nom_et_membre": pa.string(), "finess_ej": pa.string(),
    "flux": pa.string(), "format": pa.string(), "extrait_le": pa.date32(), "rang": pa.int64(), "encodage": pa.string(),
    "delimiteur": pa.string(), "nb_lignes": pa.int64(), "nb_octets_illisibles": pa.int64(), "taille": pa.int64(),
    "modifie_le": pa.float64(), "empreinte": pa.string(), "erreur": pa.string(), "etat": pa.string(),
    "colonnes_manquantes": pa.string(), "colonne_en_double": pa.string(), "colonnes_inconnues": pa.string(),
}  # fmt: skip
_TYPES = {pa.int64(): "bigint", pa.string(): "varchar", pa.date32(): "date", pa.float64(): "double"}


def _version(*seeds: str) -> str:
    """Digest of what decides the rows: the code of this package, some seeds, the engine."""
    chemins = (*sorted(Path(__file__).parent.glob("*.py")), *map(graines.chemin, seeds))
    return hashlib.sha256(b"".join(chemin.read_bytes() for chemin in chemins) + duckdb.__version__.encode()).hexdigest()


def _champ(fichier: Fichier, nom: str) -> Any:
    if fichier.vue is None and nom not in vars(fichier):
        return None
    return fichier.identifiant if nom == "fichier_id" else getattr(fichier, nom)


def _lecture(parquets: list[Path], colonnes: Colonnes, place: Colonnes = PLACE) -> str:
    """The rows of Parquet files, or none, of the same columns."""
    toutes = {**place, **colonnes}
    if not parquets:
        nulles = ", ".join(f'cast(null as {genre}) as "{nom}"' for nom, genre in toutes.items())
        return f"select {nulles} where false"
    noms = ", ".join(f'"{nom}"' for nom in toutes)
    return f"select {noms} from read_parquet({chemins_sql(parquets)}){' where not rejetee' if 'rejetee' in colonnes else ''}"


def _vue(nom: str, lues: str, colonnes: tuple[str, ...] = (), *du_fichier: str) -> str:
    """A view of the warehouse: rows of the lake, with the date of extraction of their file and their place among all the files."""
    noms = [f'lues."{colonne}"' for colonne in colonnes if colonne != "rejetee"]
    return f"""
        create or replace view depot.{nom} as
        select
            {", ".join((*noms, *du_fichier, "fichiers.extrait_le"))},
            fichiers.rang * {LIGNES_PAR_FICHIER} + lues.ligne as ligne_source
        from ({lues}) as lues
        inner join depot.fichiers as fichiers on lues.fichier_id = fichiers.fichier_id
    """


def _comptes(lecteur: Lecteur) -> str:
    """What became of the lines of each file."""
    gardees = " union all ".join(f"select fichier_id, ligne from {relation}" for relation in lecteur.lignes)
    return f"""
        with gardees as (
            select fichier_id, count(*) as nb
            from ({gardees}) as lignes
            anti join remplacees using (fichier_id, ligne)
            group by fichier_id
        ),

        ecartees as (select fichier_id, count(*) as nb from remplacees group by fichier_id),

        rejetees as (
            -- A file of no known type is reported once, for all its lines; a document whose body cannot be read is kept.
            select fichier_id, count(distinct ligne) as nb, bool_or(motif = 'FICHIER_INCONNU') as toutes
            from rejets
            where motif <> 'CORPS_ILLISIBLE'
            group by fichier_id
        )

        select
            fichiers.fichier_id,
            fichiers.nb_lignes + fichiers.nb_ignorees as nb_lues,
            coalesce(gardees.nb, 0) as nb_retenues,
            coalesce(ecartees.nb, 0) as nb_remplacees,
            case when rejetees.toutes then fichiers.nb_lignes else coalesce(rejetees.nb, 0) end as nb_rejetees,
            fichiers.nb_ignorees + coalesce(filtrees.nb, 0) as nb_ignorees,
            coalesce(filtrees.nb, 0) as nb_filtrees
        from fichiers
        left join filtrees using (fichier_id)
        left join gardees using (fichier_id)
        left join ecartees using (fichier_id)
        left join rejetees using (fichier_id)
        order by fichiers.rang
    """


def _par_taille(fichiers: list[Fichier], octets: int) -> Iterator[list[Fichier]]:
    """Yield consecutive files whose sizes add up to about that many bytes."""
    groupe: list[Fichier] = []
    total = 0
    for fichier in fichiers:
        if groupe and total + fichier.taille > octets:
            yield groupe
            groupe, total = [], 0
        groupe.append(fichier)
        total += fichier.taille
    if groupe:
        yield groupe
