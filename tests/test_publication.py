"""Publication: what BI tools read is whole, current, described, and names nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import duckdb
import psycopg
import pytest
from conftest import SEUIL
from postgres_local import SansServeur, serveur_postgres

from socle import etat, sorties
from socle.parametres import ErreurSocle, Parametres
from socle.publication import Bilan, copie, postgres, publier


@pytest.fixture
def entrepot(tmp_path: Path) -> Path:
    """A warehouse of two marts and patient data beside them."""
    return ecrire_entrepot(tmp_path / "entrepot.duckdb", 7)


EXECUTION = (
    "create schema qualite; create table qualite.execution as select 'e-1' as execution_id, date '2023-12-31' as date_extraction"
)


def ecrire_entrepot(chemin: Path, numerateur: int) -> Path:
    chemin.unlink(missing_ok=True)
    with duckdb.connect(str(chemin)) as connexion:
        for requete in (
            "create schema marts; create schema staging",
            EXECUTION,
            "create table staging.stg_gam__patients as select '800000123' as ipp",
            "create table marts.indicateurs as select 'P1.O1' as indicateur, '299999000' as finess_ej,"
            f" date '2023-05-01' as periode_debut, 'TOUS' as axe, cast({numerateur} as bigint) as numerateur,"
            " cast(200 as bigint) as denominateur, cast(3.5 as double) as taux, true as applicable,"
            " cast(null as bigint) as numerateur_national_traces, cast(null as bigint) as numerateur_national_constate,"
            " cast(null as varchar) as motif_non_applicable, cast(1.5 as decimal(12, 2)) as montant_d1",
            "comment on table marts.indicateurs is 'Les indicateurs, l''un après l''autre'",
            "comment on column marts.indicateurs.taux is 'Taux en %'",
            "create table marts.prerequis as select '299999000' as finess_ej, 'HOPEN2' as programme, 'P1' as code, 'OUI' as etat,"
            " timestamp '2023-05-01 08:00:00' as date_declaration",
        ):
            connexion.execute(requete)
    return chemin


def lire(chemin: Path, requete: str) -> list[tuple]:
    with duckdb.connect(str(chemin), read_only=True) as connexion:
        return connexion.execute(requete).fetchall()


CONTENU = ["indicateurs.csv", "indicateurs.xlsx", "parquet", "socle_marts.duckdb"]
PLACES = {"indicateurs": "marts", "prerequis": "details", "publication": "marts", "lisez_moi": "marts"}

NUMERATEUR = "select numerateur from marts.indicateurs"


def test_les_copies_disent_la_meme_chose(entrepot: Path, tmp_path: Path) -> None:
    bilan = publier(entrepot, tmp_path)
    assert bilan.duckdb == tmp_path / "publication" / "socle_marts.duckdb"
    assert [(t.nom, t.nb_lignes) for t in bilan.tables] == [
        ("indicateurs", 1), ("lisez_moi", 4), ("prerequis", 1), ("publication", 1)
    ]  # fmt: skip
    for table in ("indicateurs", "prerequis"):
        attendu = lire(entrepot, f"select * from marts.{table}")
        assert lire(bilan.duckdb, f"select * from {PLACES[table]}.{table}") == attendu
        fichier = bilan.parquet / ("" if PLACES[table] == "marts" else "details") / f"{table}.parquet"
        assert duckdb.sql(f"select * from '{fichier}'").fetchall() == attendu
    types = "select column_name, data_type from duckdb_columns() where not internal and table_name = 'indicateurs'"
    assert lire(bilan.duckdb, types) == lire(entrepot, types)
    publication = "select execution_id, cast(date_extraction as varchar), secret_statistique from marts.publication"
    assert lire(bilan.duckdb, publication) == [("e-1", "2023-12-31", 0)]
    commentaires = "select comment from duckdb_tables() where table_name = 'indicateurs'"
    assert lire(bilan.duckdb, commentaires) == [("Les indicateurs, l'un après l'autre",)]
    assert lire(bilan.duckdb, "select comment from duckdb_columns() where column_name = 'taux'") == [("Taux en %",)]
    tables = "select table_name, schema_name from duckdb_tables() where not internal"
    assert dict(lire(bilan.duckdb, tables)) == PLACES


@pytest.mark.parametrize("umask", [0o077, 0o000])
def test_les_droits_suivent_le_contenu(entrepot: Path, tmp_path: Path, umask: int) -> None:
    ancien = os.umask(umask)
    try:
        bilan = publier(entrepot, tmp_path)
    finally:
        os.umask(ancien)
    assert bilan.duckdb.stat().st_mode & 0o777 == 0o444
    assert bilan.parquet.stat().st_mode & 0o777 == 0o755
    tout = list((tmp_path / "publication").rglob("*"))
    assert {f.stat().st_mode & 0o777 for f in tout if f.is_file()} == {0o444}
    assert {f.stat().st_mode & 0o777 for f in [tmp_path / "publication", *tout] if f.is_dir()} == {0o755}


LECTEUR = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as c:
    for _ in sys.stdin:
        print(c.execute("select numerateur from marts.indicateurs").fetchone()[0], flush=True)
"""


def test_un_outil_garde_l_ancienne_copie_ouverte(entrepot: Path, tmp_path: Path) -> None:
    bilan = publier(entrepot, tmp_path)
    outil = subprocess.Popen(
        [sys.executable, "-c", LECTEUR, str(bilan.duckdb)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def demander() -> int:
        assert outil.stdin and outil.stdout
        outil.stdin.write("\n")
        outil.stdin.flush()
        return int(outil.stdout.readline())

    try:
        assert demander() == 7
        # The file is open in another process: it is replaced all the same, and that process reads on.
        publier(ecrire_entrepot(entrepot, 8), tmp_path)
        assert demander() == 7
        assert lire(bilan.duckdb, NUMERATEUR) == [(8,)]
        publier(ecrire_entrepot(entrepot, 9), tmp_path)
        assert demander() == 7
    finally:
        outil.communicate()
    assert lire(bilan.duckdb, NUMERATEUR) == [(9,)]
    assert duckdb.sql(f"select numerateur from '{bilan.parquet}/indicateurs.parquet'").fetchall() == [(9,)]
    assert sorted(f.name for f in (tmp_path / "publication").iterdir()) == CONTENU


MODIFIER = """
import os, sys, duckdb
c = duckdb.connect(sys.argv[1])
c.execute("pragma disable_checkpoint_on_shutdown")
c.execute("update marts.indicateurs set numerateur = 999")
os._exit(0)
"""


def test_un_outil_mort_ne_change_pas_la_publication_suivante(entrepot: Path, tmp_path: Path) -> None:
    bilan = publier(entrepot, tmp_path)
    nom = bilan.duckdb.name
    journal, spill = (bilan.duckdb.with_name(nom + suffixe) for suffixe in (".wal", ".tmp"))
    # Its owner may give himself the right to write; an account of the tools may not.
    bilan.duckdb.chmod(0o644)
    subprocess.run([sys.executable, "-c", MODIFIER, str(bilan.duckdb)], check=True)
    spill.mkdir()
    assert journal.exists() and lire(bilan.duckdb, NUMERATEUR) == [(999,)]
    assert sorties.restes(bilan.duckdb) == [spill, journal]
    publier(ecrire_entrepot(entrepot, 8), tmp_path)
    assert lire(bilan.duckdb, NUMERATEUR) == [(8,)]
    assert sorted(f.name for f in (tmp_path / "publication").iterdir()) == CONTENU


def test_une_table_retiree_disparait(entrepot: Path, tmp_path: Path) -> None:
    bilan = publier(entrepot, tmp_path)
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute("drop table marts.prerequis")
    publier(entrepot, tmp_path)
    restent = ["indicateurs", "lisez_moi", "publication"]
    assert sorted(f.stem for f in bilan.parquet.rglob("*.parquet")) == restent
    assert [nom for (nom,) in lire(bilan.duckdb, "select table_name from duckdb_tables() order by 1")] == restent


@pytest.mark.parametrize(("module", "moment"), [(copie, "_copier"), (sorties, "_preparer")])
def test_un_echec_laisse_l_ancienne(
    entrepot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, moment: str
) -> None:
    bilan = publier(entrepot, tmp_path)

    def echouer(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, moment, echouer)
    with pytest.raises(ErreurSocle, match="la précédente reste en place"):
        publier(ecrire_entrepot(entrepot, 8), tmp_path)
    assert lire(bilan.duckdb, NUMERATEUR) == [(7,)]
    assert sorted(f.name for f in (tmp_path / "publication").iterdir()) == CONTENU


def test_une_colonne_de_patient_n_est_jamais_publiee(entrepot: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute("create table marts.liste as select 'x' as IPP")
    with pytest.raises(ErreurSocle, match=r"marts\.liste a la colonne ipp"):
        publier(entrepot, tmp_path)
    assert not (tmp_path / "publication" / "socle_marts.duckdb").exists()


def test_rien_a_publier(tmp_path: Path) -> None:
    with pytest.raises(ErreurSocle, match="lancez « socle run »"):
        publier(tmp_path / "absent.duckdb", tmp_path)
    vide = tmp_path / "vide.duckdb"
    with duckdb.connect(str(vide)) as connexion:
        connexion.execute("create schema qualite")
        connexion.execute("create table qualite.execution as select '1' as execution_id, today() as date_extraction")
    with pytest.raises(ErreurSocle, match="aucun indicateur"):
        publier(vide, tmp_path)


def test_echange_sans_appel_systeme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorties.ctypes, "CDLL", lambda *_, **__: object())
    for nom in "ab":
        (tmp_path / nom).mkdir()
        (tmp_path / nom / "fichier").write_text(nom)
    sorties._echanger(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a" / "fichier").read_text() == "b"
    assert (tmp_path / "b" / "fichier").read_text() == "a"


def test_aucun_identifiant_de_la_demonstration_n_est_publie(publication_demo: Bilan, identifiants_demo: set[str]) -> None:
    bilan, connus = publication_demo, identifiants_demo
    assert len(connus) > 5_000
    with duckdb.connect(str(bilan.duckdb), read_only=True) as connexion:
        sources = [f"'{bilan.duckdb.with_name('indicateurs.csv')}'"]
        for schema, nom in connexion.execute("select schema_publie, nom_table from marts.lisez_moi").fetchall():
            fichier = bilan.parquet / ("" if schema == "marts" else schema) / f"{nom}.parquet"
            sources += [f'{schema}."{nom}"', f"'{fichier}'"]
        for source in sources:
            relation = connexion.sql(f"select * from {source}")
            for colonne, genre in zip(relation.columns, relation.types, strict=True):
                if str(genre) == "VARCHAR":
                    valeurs = {v for (v,) in relation.unique(f'"{colonne}"').fetchall()}
                    assert valeurs & connus == set(), (source, colonne)


# --- small counts


INDICATEURS_VIDES = (
    "create table marts.indicateurs (indicateur varchar, finess_ej varchar, periode_debut date, periode_fin date, axe varchar,"
    " numerateur bigint, denominateur bigint, numerateur_national_traces bigint, numerateur_national_constate bigint)"
)


def publier_petits(tmp_path: Path, requetes: list[str]) -> Path:
    chemin = tmp_path / "petits.duckdb"
    with duckdb.connect(str(chemin)) as connexion:
        connexion.execute("create schema marts")
        connexion.execute(EXECUTION)
        connexion.execute(INDICATEURS_VIDES)
        for requete in requetes:
            connexion.execute(requete)
    return publier(chemin, tmp_path, secret_statistique=SEUIL).duckdb


@pytest.mark.parametrize(
    ("numerateur", "denominateur", "montre"),
    [
        (50, 100, (50, 100)),
        (0, 100, (0, 100)),
        (100, 100, (100, 100)),
        (11, 100, (11, 100)),
        (89, 100, (89, 100)),
        (10, 100, (None, 100)),
        (1, 100, (None, 100)),
        (90, 100, (None, 100)),
        (99, 100, (None, 100)),
        (0, 10, (None, None)),
        (10, 10, (None, None)),
        (0, 0, (0, 0)),
        (11, 11, (11, 11)),
        (10, None, (None, None)),
        (11, None, (11, None)),
    ],
)
def test_petits_effectifs(tmp_path: Path, numerateur: int, denominateur: int | None, montre: tuple) -> None:
    den = "cast(null as bigint)" if denominateur is None else str(denominateur)
    publie = publier_petits(
        tmp_path,
        [f"create table marts.m as select 'I' as indicateur, '1' as finess_ej, date '2023-01-01' as periode_debut,"
         f" {numerateur} as numerateur, {den} as denominateur, 12.5 as taux, 3 as restant_pour_cible,"
         " true as cible_atteinte, 500 as numerateur_national_traces, 42.0 as taux_national, 1.5 as ecart_points,"
         " 70 as cible, 'libre' as libelle, 9 as colonne_nouvelle"],
    )  # fmt: skip
    ((num, d, taux, restant, atteinte, traces, national, ecart, cible, nouvelle),) = lire(
        publie,
        "select numerateur, denominateur, taux, restant_pour_cible, cible_atteinte, numerateur_national_traces,"
        " taux_national, ecart_points, cible, colonne_nouvelle from details.m",
    )
    assert (num, d) == montre
    cache = num is None
    assert (taux is None, restant is None, ecart is None) == (cache, cache, cache)
    petit_denominateur = denominateur is not None and 0 < denominateur < SEUIL
    assert (atteinte is None, national is None) == (petit_denominateur, petit_denominateur)
    assert (traces, cible) == (500, 70)
    # Nobody said that it hides no one.
    assert nouvelle is None


def test_petit_compte_national(tmp_path: Path) -> None:
    publie = publier_petits(
        tmp_path,
        ["create table marts.m as select 50 as numerateur, 100 as denominateur, 50.0 as taux,"
         " 3 as numerateur_national_constate, 3.0 as taux_national, -47.0 as ecart_points"],
    )  # fmt: skip
    assert lire(publie, "select * from details.m") == [(50, 100, 50.0, None, None, None)]


def test_ensemble_plus_large(tmp_path: Path) -> None:
    publie = publier_petits(
        tmp_path,
        ["create table marts.m as select n as numerateur, d as denominateur, t as nb_sejours_total"
         " from (values (50, 100, 200), (50, 100, 109), (50, 100, 100)) as v (n, d, t) order by t"],
    )  # fmt: skip
    assert lire(publie, "select * from details.m") == [(50, 100, 100), (50, 100, None), (50, 100, 200)]


@pytest.mark.parametrize(
    ("valeurs", "total_montre"),
    [([3, 40, 50], False), ([3, 4, 50], False), ([6, 7, 50], True), ([0, 40, 50], True), ([30, 40, 50], True)],
)
def test_le_total_ne_trahit_pas_une_valeur(tmp_path: Path, valeurs: list[int], total_montre: bool) -> None:
    lignes = ", ".join(f"('axe{i}', {v}, 100)" for i, v in enumerate(valeurs))
    publie = publier_petits(
        tmp_path,
        ["create table marts.m as select 'I' as indicateur, '1' as finess_ej, date '2023-01-01' as periode_debut, axe,"
         f" n as numerateur, d as denominateur from (values {lignes}, ('TOUS', {sum(valeurs)}, 300)) as v (axe, n, d)"],
    )  # fmt: skip
    ((total,),) = lire(publie, "select numerateur from details.m where axe = 'TOUS'")
    assert (total is not None) == total_montre


@pytest.mark.parametrize(
    ("clos", "montre"),
    [
        ([3, 40, 50], [None, None, None]),
        ([3, 4, 50], [None, None, None]),
        ([6, 7, 50], [None, None, 50]),
        ([0, 40, 50], [0, 40, 50]),
    ],
)
def test_repartition_par_activite(tmp_path: Path, clos: list[int], montre: list[int | None]) -> None:
    lignes = ", ".join(f"('a{i}', {nb})" for i, nb in enumerate(clos))
    publie = publier_petits(
        tmp_path,
        ["create table marts.sejours_par_activite as select '1' as finess_ej, date '2023-01-01' as periode_debut,"
         f" date '2023-01-31' as periode_fin, activite, nb_clos, nb_clos as nb_retenus from (values {lignes})"
         " as v (activite, nb_clos)"],
    )  # fmt: skip
    publiees = lire(publie, "select nb_clos, nb_retenus from details.sejours_par_activite order by activite")
    assert publiees == [(nb, nb) for nb in montre]


def test_une_structure_ne_se_deduit_pas_des_autres(tmp_path: Path) -> None:
    # The pôle P is 30 + 25 + 4: the smallest neighbour goes with the hidden one. Q has one small part, and must hide another
    # pôle, whose own parts all go.
    lignes = [
        ("POLE", "P", None, 30, 59), ("POLE", "Q", None, 2, 8), ("POLE", "R", None, 40, 80),
        ("SERVICE", "P1", "P", 15, 30), ("SERVICE", "P2", "P", 14, 25), ("SERVICE", "P3", "P", 1, 4),
        ("SERVICE", "Q1", "Q", 2, 8), ("SERVICE", "R1", "R", 20, 40), ("SERVICE", "R2", "R", 20, 40),
        ("UF", "r1", "R1", 20, 40), ("UF", "p1", "P1", 15, 30),
    ]  # fmt: skip
    entrepot = ecrire_entrepot(tmp_path / "entrepot.duckdb", 72)
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute(
            "create table marts.indicateurs_par_service (indicateur varchar, finess_ej varchar, periode_debut date, axe varchar,"
            " niveau varchar, structure_id varchar, structure_parente varchar, numerateur bigint, denominateur bigint, taux double)"
        )
        connexion.executemany(
            "insert into marts.indicateurs_par_service values ('P1.O1', '299999000', '2023-05-01', 'TOUS', ?, ?, ?, ?, ?, 1)",
            lignes,
        )
    publie = publier(entrepot, tmp_path, secret_statistique=SEUIL).duckdb
    requete = "select structure_id from marts.indicateurs_par_service where {} order by 1"
    assert lire(publie, requete.format("denominateur is not null")) == [("R",), ("R1",), ("R2",), ("r1",)]
    assert lire(publie, requete.format("numerateur is not null or taux is not null")) == [("R",), ("R1",), ("R2",), ("r1",)]


@pytest.mark.parametrize(
    ("etapes", "attendu"),
    [
        ({"ALIMENTE": 50, "RETIRE": 20, "JAMAIS_ENVOYE": 30, "NUMERISE": 0}, (50, 20, 30, 0)),
        ({"ALIMENTE": 50, "RETIRE": 3, "JAMAIS_ENVOYE": 47, "NUMERISE": 0}, (50, None, None, None)),
        ({"ALIMENTE": 5, "RETIRE": 40, "JAMAIS_ENVOYE": 55, "NUMERISE": 0}, (None, None, None, None)),
        ({"ALIMENTE": 95, "RETIRE": 5, "JAMAIS_ENVOYE": 0, "NUMERISE": 0}, (None, None, None, None)),
        ({"ALIMENTE": 0, "RETIRE": 5, "JAMAIS_ENVOYE": 0, "NUMERISE": 0}, (None, None, None, None)),
        ({"ALIMENTE": 0, "RETIRE": 0, "JAMAIS_ENVOYE": 0, "NUMERISE": 0}, (0, 0, 0, 0)),
    ],
)
def test_entonnoir(tmp_path: Path, etapes: dict[str, int], attendu: tuple) -> None:
    lignes = ", ".join(f"('{etape}', {nb})" for etape, nb in etapes.items())
    publie = publier_petits(
        tmp_path,
        ["create table marts.entonnoir as select 'I' as indicateur, '1' as finess_ej, date '2023-01-01' as periode_debut,"
         f" etape, nb from (values {lignes}) as v (etape, nb)"],
    )  # fmt: skip
    publiees = dict(lire(publie, "select etape, nb from marts.entonnoir"))
    assert tuple(publiees[etape] for etape in etapes) == attendu


def test_secret_sur_la_demonstration(publication_sans_petits_effectifs: Bilan, entrepot_demo: Path) -> None:
    bilan = publication_sans_petits_effectifs
    # A new column of a mart must be given a role in secret.toml.
    assert [(t.nom, t.colonnes_videes) for t in bilan.tables if t.colonnes_videes] == []
    with duckdb.connect(str(bilan.duckdb), read_only=True) as connexion:
        connexion.execute(f"attach '{entrepot_demo}' as vrai (read_only)")
        colonnes = connexion.execute(
            "select schema_name || '.' || table_name, list(column_name) from duckdb_columns() where database_name = 'socle_marts'"
            " and not internal group by all order by all"
        ).fetchall()
        caches = 0
        for table, noms in colonnes:
            if {"numerateur", "denominateur"} <= set(noms):
                petits = connexion.execute(
                    f"select count(*) from {table} where numerateur between 1 and {SEUIL - 1} or denominateur between"
                    f" 1 and {SEUIL - 1} or denominateur - numerateur between 1 and {SEUIL - 1}"
                ).fetchall()
                assert petits == [(0,)], table
                caches += connexion.execute(f"select count(*) from {table} where denominateur is null").fetchall()[0][0]
        assert caches > 100
        # What one table hides, the others must not tell: every mart, month on month, and the funnel.
        for table, noms in colonnes:
            # The structures of an establishment are its parts: test_secret_par_differences adds them up.
            if {"indicateur", "finess_ej", "periode_debut", "axe", "numerateur", "denominateur"} <= set(
                noms
            ) and "structure_id" not in noms:
                contraires = connexion.execute(
                    f"select count(*) from {table} as t inner join marts.indicateurs as i using (indicateur,"
                    " finess_ej, periode_debut, periode_fin, axe) where t.numerateur is distinct from i.numerateur or"
                    " t.denominateur is distinct from i.denominateur"
                ).fetchall()
                assert contraires == [(0,)], table
        contraires = connexion.execute(
            "select count(*) from marts.entonnoir as e inner join marts.indicateurs as i using (indicateur, finess_ej,"
            " periode_debut) where i.axe = 'TOUS' and (e.etape = 'ALIMENTE' and e.nb is distinct from i.numerateur or"
            f" e.nb between 1 and {SEUIL - 1})"
        ).fetchall()
        assert contraires == [(0,)]


# --- PostgreSQL


@pytest.fixture(scope="module")
def serveur() -> Iterator[str]:
    """A PostgreSQL server of this test's own, reached by its socket."""
    try:
        with serveur_postgres() as url:
            yield url
    except SansServeur as absence:
        pytest.skip(str(absence))


@pytest.fixture
def base(serveur: str, request: pytest.FixtureRequest) -> str:
    """An empty database."""
    nom = f"b{abs(hash(request.node.name))}"
    with psycopg.connect(serveur, autocommit=True) as connexion:
        connexion.execute(f"create database {nom}")
    return serveur.replace("/postgres?", f"/{nom}?")


def interroger(url: str, requete: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connexion:
        return connexion.execute(requete).fetchall()


PG_NUMERATEUR = "select numerateur from socle.indicateurs"


def test_postgres_dit_la_meme_chose(entrepot: Path, tmp_path: Path, base: str) -> None:
    bilan = publier(entrepot, tmp_path, postgres_url=base)
    assert bilan.postgres and bilan.avertissements == ()
    for table, schema in PLACES.items():
        attendu = lire(bilan.duckdb, f"select * from {schema}.{table}")
        assert interroger(base, f"select * from {postgres.SCHEMAS[schema]}.{table}") == attendu
    assert interroger(base, "select obj_description('socle.indicateurs'::regclass)") == [("Les indicateurs, l'un après l'autre",)]
    assert interroger(base, "select col_description('socle.indicateurs'::regclass, 7)") == [("Taux en %",)]


def test_postgres_role_de_lecture(entrepot: Path, tmp_path: Path, base: str) -> None:
    publier(entrepot, tmp_path, postgres_url=base)
    interroger_sans_reponse(base, "drop role if exists outil_bi")
    interroger_sans_reponse(base, "create role outil_bi login in role socle_lecture")
    try:
        outil = base.replace("admin@", "outil_bi@")
        assert interroger(outil, PG_NUMERATEUR) == [(7,)]
        # Also on the tables of the next publication.
        with duckdb.connect(str(entrepot)) as connexion:
            connexion.execute("create table marts.nouvelle as select 1 as ordre")
        publier(entrepot, tmp_path, postgres_url=base)
        assert interroger(outil, "select ordre from socle_details.nouvelle") == [(1,)]
        for interdit in ("delete from socle.indicateurs", "create table socle.x (a int)", "drop table socle.indicateurs"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                interroger_sans_reponse(outil, interdit)
        # An account that may not replace the schema changes nothing.
        with pytest.raises(ErreurSocle, match="Publication PostgreSQL impossible"):
            publier(ecrire_entrepot(entrepot, 9), tmp_path, postgres_url=outil)
        assert interroger(base, PG_NUMERATEUR) == [(7,)]
        assert lire(tmp_path / "publication" / "socle_marts.duckdb", NUMERATEUR) == [(7,)]
    finally:
        interroger_sans_reponse(base, "drop role outil_bi")


def interroger_sans_reponse(url: str, requete: str) -> None:
    with psycopg.connect(url, autocommit=True) as connexion:
        connexion.execute(requete)


def test_postgres_jamais_a_moitie(entrepot: Path, tmp_path: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publier(entrepot, tmp_path, postgres_url=base)
    vus = []
    retirer = postgres._retirer_les_autres

    def lire_pendant(*arguments: object) -> None:
        # All the tables are replaced, nothing is committed.
        with psycopg.connect(base, options="-c lock_timeout=2s") as outil:
            vus.append(outil.execute(PG_NUMERATEUR).fetchall())
            vus.append(outil.execute("select count(*) from socle_details.prerequis").fetchall())
        retirer(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(postgres, "_retirer_les_autres", lire_pendant)
    with psycopg.connect(base) as lecteur:
        lecteur.execute("set transaction isolation level repeatable read")
        assert lecteur.execute(PG_NUMERATEUR).fetchall() == [(7,)]
        publier(ecrire_entrepot(entrepot, 8), tmp_path, postgres_url=base)
        # A long report goes on with what it began with, and did not hold the publication back.
        assert lecteur.execute(PG_NUMERATEUR).fetchall() == [(7,)]
    assert vus == [[(7,)], [(1,)]]
    assert interroger(base, PG_NUMERATEUR) == [(8,)]


def test_postgres_echec_au_milieu(entrepot: Path, tmp_path: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publier(entrepot, tmp_path, postgres_url=base)

    def echouer(*_: object) -> None:
        raise psycopg.OperationalError("connexion perdue")

    monkeypatch.setattr(postgres, "_ouvrir_a_la_lecture", echouer)
    with pytest.raises(ErreurSocle, match="connexion perdue"):
        publier(ecrire_entrepot(entrepot, 8), tmp_path, postgres_url=base)
    assert interroger(base, PG_NUMERATEUR) == [(7,)]
    assert lire(tmp_path / "publication" / "socle_marts.duckdb", NUMERATEUR) == [(7,)]


def test_postgres_vues_et_colonnes(entrepot: Path, tmp_path: Path, base: str) -> None:
    publier(entrepot, tmp_path, postgres_url=base)
    interroger_sans_reponse(base, "create view public.ma_vue as select numerateur from socle.indicateurs")
    publier(ecrire_entrepot(entrepot, 8), tmp_path, postgres_url=base)
    assert interroger(base, "select * from public.ma_vue") == [(8,)]
    # The columns change: the table must be made again, which the hospital's view forbids.
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute("alter table marts.indicateurs add column cible integer")
    with pytest.raises(ErreurSocle, match="supprimez-la puis relancez"):
        publier(entrepot, tmp_path, postgres_url=base)
    assert interroger(base, "select * from public.ma_vue") == [(8,)]
    interroger_sans_reponse(base, "drop view public.ma_vue")
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute("drop table marts.prerequis")
    publier(entrepot, tmp_path, postgres_url=base)
    assert interroger(base, "select cible from socle.indicateurs") == [(None,)]
    assert interroger(base, "select to_regclass('socle_details.prerequis')") == [(None,)]


def test_postgres_schema_d_un_autre(entrepot: Path, tmp_path: Path, base: str) -> None:
    interroger_sans_reponse(base, "create schema socle")
    interroger_sans_reponse(base, "create table socle.a_moi (x integer)")
    with pytest.raises(ErreurSocle, match="que socle n'a pas écrites"):
        publier(entrepot, tmp_path, postgres_url=base)
    assert interroger(base, "select to_regclass('socle.a_moi') is not null") == [(True,)]


SIGNES = ("", "@", "/", ":", " ", "'", '"', "%", "%zz", "\n", "#", "é€", "[", "=", "?", "\\", "&host=")


@pytest.mark.parametrize("secret", [f"Zq7{signe}xK9" for signe in SIGNES])
def test_aucun_mot_de_passe_n_est_dit(secret: str) -> None:
    for url in (
        f"postgresql://admin:{secret}@/x?host=/nulle", f"postgresql://admin:{secret}@127.0.0.1:1/x", f"postgresql//admin:{secret}@h/x",
        f"host=/nulle password={secret} dbname=x", f"host=/nulle password='{secret}", f"postgresql://admin:{secret}@[::1]:1/x",
        f"postgres://{secret}:{secret}@hote.invalid:port/x", f"password={secret} {secret}", f"host={secret} port={secret}",
    ):  # fmt: skip
        with pytest.raises(ErreurSocle, match="SOCLE_POSTGRES_URL") as erreur:
            postgres._connecter(url)
        assert not [part for part in ("Zq7", "xK9") if part in str(erreur.value)], url


def test_postgres_injoignable(entrepot: Path, tmp_path: Path) -> None:
    with pytest.raises(ErreurSocle, match="connexion refusée"):
        publier(entrepot, tmp_path, postgres_url=f"postgresql://admin:motdepasse@/x?host={tmp_path}")
    assert not (tmp_path / "publication" / "socle_marts.duckdb").exists()


def test_postgres_arret_entre_la_base_et_les_fichiers(entrepot: Path, tmp_path: Path, base: str) -> None:
    publier(entrepot, tmp_path, postgres_url=base)
    ecrire_entrepot(entrepot, 8)
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute("update qualite.execution set execution_id = 'e-2'")

    def publier_et_mourir(module: object, nom: str) -> None:
        enfant = os.fork()
        if not enfant:
            setattr(module, nom, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
            publier(entrepot, tmp_path, postgres_url=base)
        assert os.waitstatus_to_exitcode(os.waitpid(enfant, 0)[1]) == -signal.SIGKILL

    # Before the database shows it: nothing. After: the outputs say that they differ.
    parametres = Parametres(exports=tmp_path, sortie=tmp_path, postgres_url=base)
    for module, nom, attendu in ((postgres.Remplacement, "valider", "e-1"), (sorties, "_renommer", "e-2")):
        publier_et_mourir(module, nom)
        vus = {s.nom: s.execution_id for s in etat.lire(parametres)[0]}
        assert (vus["PostgreSQL"], vus["publication DuckDB"], vus["publication Parquet"]) == (attendu, "e-1", "e-1")
    publier(entrepot, tmp_path, postgres_url=base)
    assert {s.execution_id for s in etat.lire(parametres)[0]} == {"e-2"}
    assert "motdepasse" not in repr(Parametres(exports=tmp_path, postgres_url="postgresql://a:motdepasse@h/x"))


def test_postgres_les_tables_de_l_hopital_restent(entrepot: Path, tmp_path: Path, base: str) -> None:
    publier(entrepot, tmp_path, postgres_url=base)
    # His own, one of ours under another name, a copy of ours with its constraints.
    interroger_sans_reponse(base, "create table socle.budget as select 1 as x")
    interroger_sans_reponse(base, "create table socle.copie (like socle.indicateurs including all)")
    interroger_sans_reponse(base, "alter table socle_details.prerequis rename to prerequis_2023")
    publier(ecrire_entrepot(entrepot, 8), tmp_path, postgres_url=base)
    assert interroger(base, PG_NUMERATEUR) == [(8,)]
    assert interroger(base, "select (select x from socle.budget), (select count(*) from socle.copie)") == [(1, 0)]
    assert interroger(base, "select count(*) from socle_details.prerequis_2023") == [(1,)]
    droits = "select table_name from information_schema.role_table_grants where grantee = 'socle_lecture' order by 1"
    assert [nom for (nom,) in interroger(base, droits)] == [
        "indicateurs", "lisez_moi", "prerequis", "prerequis_2023", "publication",
    ]  # fmt: skip
    # One under the name of ours: refused by name, nothing changes.
    interroger_sans_reponse(base, "alter table socle.indicateurs rename to ancienne")
    interroger_sans_reponse(base, "create view socle.indicateurs as select 5 as numerateur")
    with pytest.raises(ErreurSocle, match="contient indicateurs, que socle n'a pas écrit"):
        publier(ecrire_entrepot(entrepot, 9), tmp_path, postgres_url=base)
    assert interroger(base, PG_NUMERATEUR) == [(5,)]
    assert lire(tmp_path / "publication" / "socle_marts.duckdb", NUMERATEUR) == [(8,)]


def test_postgres_reprend_les_tables_d_une_version_sans_marque(entrepot: Path, tmp_path: Path, base: str) -> None:
    publier(entrepot, tmp_path, postgres_url=base)
    interroger_sans_reponse(base, 'alter table socle.indicateurs drop constraint "socle:indicateurs"')
    publier(ecrire_entrepot(entrepot, 8), tmp_path, postgres_url=base)
    assert interroger(base, PG_NUMERATEUR) == [(8,)]
    interroger_sans_reponse(base, 'alter table socle_details.prerequis drop constraint "socle:prerequis"')
    # Nothing describes it: it may be anyone's.
    with pytest.raises(ErreurSocle, match="contient prerequis"):
        publier(entrepot, tmp_path, postgres_url=base)


def test_postgres_sur_la_demonstration(entrepot_demo: Path, tmp_path: Path, base: str) -> None:
    # The second time, rows are replaced under keys that are in place.
    for _ in range(2):
        bilan = publier(entrepot_demo, tmp_path, postgres_url=base)
        for schema, nom, nb in lire(bilan.duckdb, "select schema_publie, nom_table, nb_lignes from marts.lisez_moi"):
            assert interroger(base, f'select count(*) from {postgres.SCHEMAS[schema]}."{nom}"') == [(nb,)]
    cles = "select conrelid::regclass::text, contype::text, count(*) from pg_constraint where contype in ('p', 'f') group by 1, 2"
    posees = {(table, genre): nb for table, genre, nb in interroger(base, cles)}
    assert (posees["socle.indicateurs", "p"], posees["socle.indicateurs", "f"]) == (1, 3)
    assert len([cle for cle in posees if cle[1] == "p" and cle[0].startswith("socle")]) == len(bilan.tables)
    somme = "select sum(numerateur), sum(denominateur) from {}.indicateurs"
    assert interroger(base, somme.format("socle")) == lire(bilan.duckdb, somme.format("marts"))
