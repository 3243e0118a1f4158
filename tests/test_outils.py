"""The publication as a BI tool reads it: SQLAlchemy, polars on the Parquet folder, a spreadsheet on the workbook."""

from __future__ import annotations

import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import polars
import pyarrow.parquet
import pytest
import sqlalchemy
import yaml

from socle.parametres import ErreurSocle
from socle.publication import Bilan, publier, superset, tables
from socle.resultats.mots import libelle_periode


@pytest.fixture(scope="module")
def mesures(publication_demo: Bilan) -> polars.DataFrame:
    """The long table, as polars reads it."""
    return polars.read_parquet(publication_demo.parquet / "indicateurs.parquet")


def test_sqlalchemy_voit_peu_de_tables_decrites(publication_demo: Bilan) -> None:
    moteur = sqlalchemy.create_engine(f"duckdb:///{publication_demo.duckdb}", connect_args={"read_only": True})
    with moteur.connect() as connexion:
        inspecteur = sqlalchemy.inspect(connexion)
        premieres = inspecteur.get_table_names("marts")
        assert len(premieres) <= 15 and {"indicateurs", "lisez_moi", "dimension_calendrier"} <= set(premieres)
        details = inspecteur.get_table_names("details")
        assert "hopen2_p1_o1_ins_qualifiee" in details and not {*premieres} & {*details}
        liste = connexion.execute(sqlalchemy.text("select schema_publie, nom_table, description, nb_lignes from marts.lisez_moi"))
        for schema, nom, description, nb in liste.all():
            assert description, nom
            assert connexion.execute(sqlalchemy.text(f'select count(*) from {schema}."{nom}"')).scalar() == nb
        assert len(premieres) + len(details) == len(publication_demo.tables)
        # The workbench of a BI tool: the rates of a programme over the months, beside their target.
        courbe = connexion.execute(
            sqlalchemy.text(
                "select c.premier_du_mois, e.raison_sociale, i.taux, i.cible from marts.indicateurs as i"
                " join marts.dimension_calendrier as c using (nature_periode, periode_debut)"
                " join marts.dimension_etablissements as e using (finess_ej)"
                " where i.indicateur = 'P1.O1' and i.axe_est_total and i.applicable order by 2, 1"
            )
        ).all()
        assert len(courbe) > 12 and all(taux is not None and cible for _, _, taux, cible in courbe)
    moteur.dispose()


def test_ecrite_dans_un_format_que_duckdb_0_10_ouvre(publication_demo: Bilan) -> None:
    # The storage version of the header: 64 is that of 0.9.2 to 1.1; 1.2 and later write 65 and more unless told.
    entete = publication_demo.duckdb.read_bytes()[:20]
    assert entete[8:12] == b"DUCK" and int.from_bytes(entete[12:20], "little") == 64


def test_polars_lit_tout_le_dossier(publication_demo: Bilan) -> None:
    # A folder of tables of one shape is one table; those of other shapes too, when columns are of one type.
    tout = polars.scan_parquet(
        publication_demo.parquet / "**" / "*.parquet",
        missing_columns="insert",
        extra_columns="ignore",
        schema=_schema(publication_demo.parquet),
    )
    assert tout.select(polars.len()).collect().item() == sum(table.nb_lignes for table in publication_demo.tables)


def _schema(dossier: Path) -> dict[str, polars.DataType]:
    types: dict[str, polars.DataType] = {}
    for fichier in sorted(dossier.rglob("*.parquet")):
        for nom, genre in polars.read_parquet_schema(fichier).items():
            assert types.setdefault(nom, genre) == genre, (fichier.name, nom)
    return types


def test_parquet_porte_les_descriptions(publication_demo: Bilan) -> None:
    for fichier in publication_demo.parquet.rglob("*.parquet"):
        schema = pyarrow.parquet.read_schema(fichier)
        assert schema.metadata[b"description"], fichier.name
        assert [c.name for c in schema if not c.metadata[b"description"]] == [], fichier.name


def test_tableur(publication_demo: Bilan, mesures: polars.DataFrame) -> None:
    feuille = openpyxl.load_workbook(publication_demo.duckdb.with_name("indicateurs.xlsx"), read_only=True)["indicateurs"]
    lignes = feuille.iter_rows(values_only=True)
    noms = list(next(lignes))
    assert noms == mesures.columns
    lues = list(lignes)
    assert len(lues) == mesures.height
    finess, debut, taux = (noms.index(nom) for nom in ("finess_ej", "periode_debut", "taux"))
    assert {ligne[finess] for ligne in lues} == set(mesures["finess_ej"])
    assert all(isinstance(ligne[finess], str) and isinstance(ligne[debut], datetime) for ligne in lues)
    attendus = mesures["taux"].to_list()
    assert all(
        lu == pytest.approx(t) if t is not None else lu is None for lu, t in zip((x[taux] for x in lues), attendus, strict=True)
    )


def test_csv(publication_demo: Bilan, mesures: polars.DataFrame) -> None:
    lue = polars.read_csv(publication_demo.duckdb.with_name("indicateurs.csv"), schema=mesures.schema)
    assert lue.equals(mesures)
    premiere = publication_demo.duckdb.with_name("indicateurs.csv").read_text(encoding="utf-8").splitlines()[1]
    assert f'"{mesures["finess_ej"][0]}"' in premiere


def test_finess_qui_commence_par_zero(entrepot_demo: Path, tmp_path: Path) -> None:
    chemin = tmp_path / "zero.duckdb"
    with duckdb.connect(str(chemin)) as connexion:
        connexion.execute(f"attach '{entrepot_demo}' as demo (read_only)")
        connexion.execute(
            "create schema marts; create schema qualite; create table qualite.execution as from demo.qualite.execution;"
            " create table marts.indicateurs as select * replace ('010000024' as finess_ej) from demo.marts.indicateurs limit 5"
        )
    bilan = publier(chemin, tmp_path)
    feuille = openpyxl.load_workbook(bilan.duckdb.with_name("indicateurs.xlsx"), read_only=True)["indicateurs"]
    noms, ligne = list(feuille.iter_rows(values_only=True))[:2]
    assert ligne[noms.index("finess_ej")] == "010000024"


def test_colonnes_qui_evitent_les_pieges(mesures: polars.DataFrame, entrepot_demo: Path) -> None:
    for debut, fin, libelle in mesures.select("periode_debut", "periode_fin", "periode_libelle").unique().rows():
        assert libelle == libelle_periode(debut, fin)
    assert set(mesures["nature_periode"]) == {"mois", "quinzaine", "trimestre_glissant", "semestre_glissant", "instant"}
    assert mesures["axe_libelle"].null_count() == 0
    libelles = dict(mesures.select("axe", "axe_libelle").unique().rows())
    assert (libelles["TOUS"], libelles["SEJOUR"], libelles["34112-3"]) == ("Ensemble", "Séjours", "CR hospitalier (séjour)")
    assert mesures.filter(polars.col("axe_est_total") != (polars.col("axe") == "TOUS")).height == 0
    # One row a period, establishment and indicator: sums do not double.
    totaux = mesures.filter("axe_est_total").select("indicateur", "finess_ej", "periode_debut")
    assert totaux.is_unique().all()
    assert not mesures["masque"].any()
    sans_objet = mesures.filter(~polars.col("applicable"))
    assert sans_objet.height and sans_objet["taux"].null_count() == sans_objet["taux_national"].null_count() == sans_objet.height
    # The counts stay, where the warehouse has a rate that says nothing.
    requete = "select indicateur, finess_ej, periode_debut, axe, numerateur, denominateur from marts.indicateurs where not applicable and taux is not null"
    with duckdb.connect(str(entrepot_demo), read_only=True) as connexion:
        caches = connexion.execute(requete).fetchall()
    assert caches and set(caches) <= set(
        sans_objet.select("indicateur", "finess_ej", "periode_debut", "axe", "numerateur", "denominateur").rows()
    )


def test_rien_avant_la_premiere_activite(publication_demo: Bilan, mesures: polars.DataFrame, entrepot_demo: Path) -> None:
    with duckdb.connect(str(entrepot_demo), read_only=True) as connexion:
        entrepot = connexion.sql(
            "select indicateur, finess_ej, periode_debut, axe, numerateur, denominateur, numerateur_national_traces,"
            " numerateur_national_constate from marts.indicateurs"
        ).fetchall()
    actives: dict[tuple[str, str], date] = {}
    for indicateur, finess, debut, _, *comptes in entrepot:
        if any(comptes):
            actives[indicateur, finess] = min(debut, actives.get((indicateur, finess), debut))
    publiees = set(mesures.select("indicateur", "finess_ej", "periode_debut", "axe").rows())
    restent = {cle[:2] for cle in publiees}
    ecartees = Counter(ligne[:2] for ligne in entrepot if ligne[:4] not in publiees)
    assert ecartees
    for indicateur, finess, debut, axe, *comptes in entrepot:
        premiere = actives.get((indicateur, finess))
        if premiere:
            assert ((indicateur, finess, debut, axe) in publiees) == (debut >= premiere)
        # An indicator that never counted anything keeps the rows that say why.
        assert (indicateur, finess) in restent or any(comptes)
    for nom in ("evolution", "entonnoir", "details/hopen2_p1_o1_ins_qualifiee"):
        autre = polars.read_parquet(publication_demo.parquet / f"{nom}.parquet")
        for indicateur, finess, debut in autre.group_by("indicateur", "finess_ej").agg(polars.min("periode_debut")).rows():
            assert debut >= actives.get((indicateur, finess), debut)


def test_les_cles_distinguent_les_lignes_et_les_liens_aboutissent(publication_demo: Bilan) -> None:
    with duckdb.connect(str(publication_demo.duckdb), read_only=True) as connexion:
        publiees = {t.nom: t for t in tables.lire_tables(connexion, "socle_marts", [tables.PREMIERES, tables.DETAILS])}
        assert [nom for nom, table in publiees.items() if not table.cle] == []
        for table in publiees.values():
            cle = ", ".join(table.cle)
            doubles = f"select count(*) from (from {table.relation()} select {cle} group by all having count(*) > 1)"
            assert connexion.execute(doubles).fetchall() == [(0,)], table.nom
            for lien in table.liens:
                perdues = f"select count(*) from {table.relation()} anti join {publiees[lien.vers].relation()} using ({', '.join(lien.colonnes)})"
                assert connexion.execute(perdues).fetchall() == [(0,)], (table.nom, lien)
        assert {lien.vers for lien in publiees["indicateurs"].liens} == {
            "dimension_calendrier", "dimension_etablissements", "dimension_indicateurs",
        }  # fmt: skip


def test_superset_importe_ce_que_la_publication_contient(publication_demo: Bilan, tmp_path: Path) -> None:
    chemin = superset.ecrire(publication_demo.duckdb, tmp_path / "superset.zip")
    octets = chemin.read_bytes()
    assert superset.ecrire(publication_demo.duckdb, tmp_path / "superset.zip").read_bytes() == octets
    with zipfile.ZipFile(chemin) as archive:
        parties = {nom.removeprefix("socle/"): yaml.safe_load(archive.read(nom)) for nom in archive.namelist()}
    (base,) = (p for nom, p in parties.items() if nom.startswith("databases/"))
    assert base["sqlalchemy_uri"] == f"duckdb:///{publication_demo.duckdb}"
    jeux = {p["uuid"]: p for nom, p in parties.items() if nom.startswith("datasets/")}
    graphiques = {p["uuid"]: p for nom, p in parties.items() if nom.startswith("charts/")}
    places = [p for p in parties["dashboards/socle.yaml"]["position"].values() if isinstance(p, dict) and p["type"] == "CHART"]
    assert {place["meta"]["uuid"] for place in places} == graphiques.keys() and len(graphiques) > 3
    with duckdb.connect(str(publication_demo.duckdb), read_only=True) as connexion:
        for graphique in graphiques.values():
            jeu, reglages = jeux[graphique["dataset_uuid"]], graphique["params"]
            mesures = {mesure["metric_name"]: mesure["expression"] for mesure in jeu["metrics"]}
            colonnes = reglages.get("all_columns") or [reglages["x_axis"], *reglages["groupby"]]
            assert {*colonnes} <= {colonne["column_name"] for colonne in jeu["columns"]}
            choisies = ", ".join([*colonnes, *(mesures[mesure] for mesure in reglages.get("metrics", []))])
            conditions = " and ".join(f"({filtre['sqlExpression']})" for filtre in reglages["adhoc_filters"]) or "true"
            relation = f"({jeu['sql']})" if jeu["sql"] else f"{jeu['schema']}.{jeu['table_name']}"
            assert connexion.execute(f"select {choisies} from {relation} where {conditions} group by all").fetchone()
    for filtre in parties["dashboards/socle.yaml"]["metadata"]["native_filter_configuration"]:
        # What the reader chooses holds for every chart.
        assert all(filtre["targets"][0]["column"]["name"] in {c["column_name"] for c in jeu["columns"]} for jeu in jeux.values())


def test_superset_ne_garde_pas_de_mot_de_passe(publication_demo: Bilan, tmp_path: Path) -> None:
    with pytest.raises(ErreurSocle, match="mot de passe"):
        superset.ecrire(publication_demo.duckdb, tmp_path / "superset.zip", "postgresql://lecteur:secret@serveur/base")
    with pytest.raises(ErreurSocle, match="socle publier"):
        superset.ecrire(tmp_path / "absent.duckdb", tmp_path / "superset.zip")
    (tmp_path / "abimee.duckdb").write_bytes(b"x")
    with pytest.raises(ErreurSocle, match="illisible"):
        superset.ecrire(tmp_path / "abimee.duckdb", tmp_path / "superset.zip")
    superset.ecrire(publication_demo.duckdb, tmp_path / "superset.zip", "postgresql://lecteur@serveur/base")
    with zipfile.ZipFile(tmp_path / "superset.zip") as archive:
        assert yaml.safe_load(archive.read("socle/datasets/socle/indicateurs.yaml"))["schema"] == "socle"
        assert "socle.entonnoir" in yaml.safe_load(archive.read("socle/datasets/socle/entonnoir.yaml"))["sql"]
