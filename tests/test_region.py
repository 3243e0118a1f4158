"""What a site sends to a cluster, and what the cluster refuses to read."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from conftest import lire, mots, une_fois
from rejeu import reconstruire

from socle.parametres import ErreurSocle, Parametres
from socle.region import MANIFESTE, relations, remplacees
from socle.region.envoi import exporter
from socle.region.pseudonymes import EN_CLAIR, TEXTES_LIBRES, Pseudonymes
from socle.region.reception import TYPES, construire, recevoir, vues


@pytest.fixture(scope="session")
def envoi(tmp_path_factory: pytest.TempPathFactory, entrepot_demo: Path) -> Path:
    """What the site of the demonstration sends."""
    return une_fois(tmp_path_factory, "envoi", lambda dossier: exporter(entrepot_demo, dossier / "envoi") and None) / "envoi"


@pytest.fixture
def copie(tmp_path: Path, envoi: Path) -> Path:
    return Path(shutil.copytree(envoi, tmp_path / "copie"))


def manifeste(dossier: Path) -> dict[str, Any]:
    return json.loads((dossier / MANIFESTE).read_text(encoding="utf-8"))


def changer(dossier: Path, modification: Callable[[dict[str, Any]], object]) -> None:
    contenu = manifeste(dossier)
    modification(contenu)
    (dossier / MANIFESTE).write_text(json.dumps(contenu), encoding="utf-8")


def parquets(dossier: Path) -> dict[str, Path]:
    return {nom: dossier / nom / f"{dit['sha256']}.parquet" for nom, dit in manifeste(dossier)["relations"].items()}


def pour_duckdb(instruction: str) -> str:
    """A statement that shows Spark a source, as a table of DuckDB."""
    lisible = re.sub(r"parquet\.`file:([^`]*)`", r"read_parquet('\1')", instruction).replace("timestamp_ntz", "timestamp")
    return lisible.replace("create or replace view", "create or replace table")


def lignes(dossier: Path, relation: str, selection: str = "*") -> list[tuple]:
    return duckdb.execute(f"select {selection} from read_parquet('{parquets(dossier)[relation]}')").fetchall()


def test_un_envoi_tient_les_lignes_en_vigueur_avec_des_types_fixes(envoi: Path, entrepot_demo: Path) -> None:
    fichiers = parquets(envoi)
    assert fichiers.keys() == {relation.nom for relation in relations()}
    assert {chemin for chemin in envoi.rglob("*") if chemin.is_file()} == {*fichiers.values(), envoi / MANIFESTE}
    admis = {pa.string(), pa.int64(), pa.int32(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us"), pa.decimal128(10, 2)}
    trouves = {champ.type for chemin in fichiers.values() for champ in pq.read_schema(chemin)}
    assert trouves <= admis and len(trouves) == len(TYPES)
    for relation, modele in (
        ("gam_venues", "gam__venues_tables"),
        ("pmsi_rss_rum", "pmsi__rss_rum"),
        ("dpi_documents", "dpi__documents_tables"),
    ):
        ((attendues,),) = lire(entrepot_demo, f"select count(*) from staging.stg_{modele}")
        assert lignes(envoi, relation, "count(*)") == [(attendues,)] and attendues > 0, relation
    remplacees_du_site = lire(entrepot_demo, "select count(*) from depot.pmsi_remplacees") + lire(
        entrepot_demo, "select count(*) from depot.gam_venues_remplacees"
    )
    assert sum(nb for (nb,) in remplacees_du_site) > 0
    assert {finess for (finess,) in lignes(envoi, "gam_venues", "distinct finess_ej")} <= set(manifeste(envoi)["ej"])


def test_un_envoi_n_est_qu_a_son_proprietaire(envoi: Path) -> None:
    assert {chemin.stat().st_mode & 0o777 for chemin in (envoi, *envoi.rglob("*"))} == {0o700, 0o600}


def test_un_nouvel_envoi_ne_recrit_que_ce_qui_change(copie: Path, entrepot_demo: Path) -> None:
    octets = {nom: chemin.read_bytes() for nom, chemin in parquets(copie).items()}
    reste = copie / "gam_venues" / "ancien.parquet"
    reste.touch()
    exporter(entrepot_demo, copie)
    assert not reste.exists()
    assert {nom: chemin.read_bytes() for nom, chemin in parquets(copie).items()} == octets


def test_des_pseudonymes_gardent_les_jointures_et_taisent_les_identifiants(
    tmp_path: Path, envoi: Path, entrepot_demo: Path, identifiants_demo: set[str], sql_compile: Path
) -> None:
    (tmp_path / "cle").write_bytes(bytes(range(40)))
    exporter(entrepot_demo, tmp_path / "envoi", tmp_path / "cle")
    textes = {
        mot
        for chemin in parquets(tmp_path / "envoi").values()
        for colonne in pq.read_table(chemin).columns
        if colonne.type == pa.string()
        for valeur in colonne.unique().to_pylist()
        if valeur is not None
        for mot in mots(valeur)
    }
    # A rejected value may be a word of the contract.
    assert textes & {mot for mot in identifiants_demo if re.search(r"\d", mot)} == set()
    for (ipp,), (pseudonyme,) in zip(
        lignes(envoi, "gam_venues", "ipp"), lignes(tmp_path / "envoi", "gam_venues", "ipp"), strict=False
    ):
        assert isinstance(pseudonyme, str) and pseudonyme != ipp
    (ipp,), *_ = lignes(envoi, "gam_venues", "min(ipp)")
    attendu = hmac.new(bytes(range(40)), ipp.encode(), hashlib.sha256).hexdigest()[:32]
    assert (attendu,) in lignes(tmp_path / "envoi", "gam_venues", "ipp")
    for a, b, cle in (("gam_venues", "dpi_documents", "iep"), ("dpi_documents", "dpi_transmissions_dmp", "document_id")):
        compte = [
            duckdb.execute(
                f"select count(*) from read_parquet('{parquets(dossier)[a]}') inner join read_parquet('{parquets(dossier)[b]}')"
                f" using (finess_ej, {cle})"
            ).fetchall()
            for dossier in (envoi, tmp_path / "envoi")
        ]
        assert compte[0] == compte[1] != [(0,)]
    canaux = "split_part(adresse_destinataire, '@', 2), count(*)"
    groupes = [
        sorted(
            duckdb.execute(f"select {canaux} from read_parquet('{parquets(d)['dpi_transmissions_mss']}') group by 1").fetchall(),
            key=str,
        )
        for d in (envoi, tmp_path / "envoi")
    ]
    assert groupes[0] == groupes[1]
    assert manifeste(tmp_path / "envoi")["pseudonymise"] is True
    # The indicators, and all that is told with them but the names of files, are those of the site.
    with duckdb.connect(tmp_path / "entrepot.duckdb") as region:
        reconstruire(sql_compile, entrepot_demo, [pour_duckdb(vue) for vue in vues(recevoir([tmp_path / "envoi"]))], region)
        tables = region.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns()"
            " where database_name = 'entrepot' and schema_name = 'marts' group by all"
        ).fetchall()
        assert len(tables) > 70
        differentes = []
        for nom, colonnes in tables:
            choisies = ", ".join(colonne for colonne in colonnes if colonne != "activite_dmp_cnam")
            ici, la_bas = f"select {choisies} from fait.marts.{nom}", f"select {choisies} from marts.{nom}"
            if region.execute(f"({ici} except all {la_bas}) union all ({la_bas} except all {ici})").fetchone():
                differentes.append(nom)
    assert differentes == []


def test_un_texte_reste_en_clair_parce_qu_il_est_nomme() -> None:
    textes = {
        f"{prefixe}{nom}"
        for relation in relations()
        for nom, genre in relation.colonnes.items()
        for prefixe in ("", f"{relation.nom}.")
        if genre == "VARCHAR"
    }
    assert EN_CLAIR | TEXTES_LIBRES <= textes
    for colonne in ("ipp", "destinataire", "empreinte", "fichier", "valeur", "une_colonne_de_demain"):
        assert "sha256" in Pseudonymes.expression("gam_venues", colonne, "VARCHAR"), colonne
    for relation, colonne, genre, attendue in (
        ("rejets", "valeur", "VARCHAR", "cast(null as varchar)"),
        ("declaratif_declarations", "valeur", "VARCHAR", '"valeur"'),
        ("gam_venues", "champ", "VARCHAR", '"champ"'),
        ("rejets", "ligne", "BIGINT", '"ligne"'),
    ):
        assert Pseudonymes.expression(relation, colonne, genre) == attendue


def test_une_cle_trop_courte_est_refusee(tmp_path: Path, entrepot_demo: Path) -> None:
    (tmp_path / "cle").write_bytes(b"courte")
    with pytest.raises(ErreurSocle, match=r"trop courte \(6 octets\)"):
        exporter(entrepot_demo, tmp_path / "envoi", tmp_path / "cle")
    assert not (tmp_path / "envoi").exists()


def test_un_dossier_qui_tient_autre_chose_est_laisse(tmp_path: Path, entrepot_demo: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.parquet").touch()
    with pytest.raises(ErreurSocle, match=r"tient autre chose qu'un envoi \(photos\)"):
        exporter(entrepot_demo, tmp_path)
    assert [chemin.name for chemin in tmp_path.rglob("*")] == ["photos", "a.parquet"]


def _autre_site(dossier: Path) -> None:
    changer(dossier, lambda m: m.update(ej=["010000019"]))


def test_ce_qui_nomme_un_fichier_le_nomme_parmi_tous_les_sites(envoi: Path, copie: Path) -> None:
    _autre_site(copie)
    premier, second = recevoir([envoi, copie])
    assert (premier.cle, second.cle) == ("010000019", min(manifeste(envoi)["ej"]))
    instructions = list(vues([premier, second]))
    assert len(instructions) == 1 + len(relations()) + len(remplacees())
    with duckdb.connect() as moteur:
        for instruction in instructions:
            assert sqlglot.parse_one(instruction, read="spark")
            moteur.execute(pour_duckdb(instruction))
        for requete in (
            "select count(*), count(distinct ligne_source) from depot.gam_venues",
            "select count(*), count(distinct (flux, rang)) from depot.fichiers where rang is not null",
            "select count(*), count(distinct (finess_ej, fichier)) filter (where finess_ej is null) from depot.fichiers where finess_ej is null",
        ):
            ((toutes, distinctes),) = moteur.execute(requete).fetchall()
            assert toutes == distinctes > 0
        assert moteur.execute(
            "select count(*) from depot.rejets anti join depot.fichiers using (flux, rang) union all select count(*) from depot.rejets"
        ).fetchall()[0] == (0,)


REFUS: dict[str, tuple[Callable[[Path], object], str]] = {
    "deux sites ont la même EJ": (lambda d: None, r"EJ 299999000 à la fois dans .*envoi et dans .*copie"),
    "un autre contrat": (lambda d: changer(d, lambda m: m.update(contrat="0123456789ab")), r"copie suit la version 0123456789ab du contrat"),
    "un autre nombre de lignes": (
        lambda d: (_autre_site(d), changer(d, lambda m: m["relations"]["gam_venues"].update(lignes=1))),
        r"gam_venues/.* lignes et le manifeste en dit 1 ",
    ),
    "un fichier altéré": (
        lambda d: (_autre_site(d), parquets(d)["gam_venues"].write_bytes(b"autre chose")),
        r"gam_venues/.* n'a pas l'empreinte que dit le manifeste",
    ),
    "un fichier absent": (lambda d: (_autre_site(d), parquets(d)["gam_venues"].unlink()), r"gam_venues/.* introuvable : l'envoi est incomplet"),
    "une relation absente": (lambda d: changer(d, lambda m: m["relations"].pop("gam_venues")), r"ne nomme pas gam_venues"),
    "sans manifeste": (lambda d: (d / MANIFESTE).unlink(), r"manifeste.json introuvable"),
    "un manifeste coupé": (lambda d: (d / MANIFESTE).write_text('{"contrat'), r"n'est pas un manifeste"),
    "aucune EJ": (lambda d: changer(d, lambda m: m.update(ej=[])), r"aucune entité juridique"),
}  # fmt: skip


@pytest.mark.parametrize("cas", REFUS)
def test_la_plateforme_refuse(cas: str, envoi: Path, copie: Path) -> None:
    alterer, message = REFUS[cas]
    alterer(copie)
    with pytest.raises(ErreurSocle, match=message) as refus:
        recevoir([envoi, copie])
    assert "\n" not in str(refus.value)


@pytest.mark.parametrize("nom", ["région [1]", "{a}", "b*", "c?"])
def test_un_nom_que_spark_prend_pour_un_motif_est_refuse(nom: str, envoi: Path, tmp_path: Path) -> None:
    (tmp_path / nom).symlink_to(envoi)
    motif = re.escape(nom)
    # A link is read where it leads.
    assert recevoir([tmp_path / nom])
    (tmp_path / nom).unlink()
    (tmp_path / nom).mkdir()
    with pytest.raises(ErreurSocle, match=rf"{motif} a dans son nom .* que Spark prend pour un motif"):
        recevoir([tmp_path / nom])
    with pytest.raises(ErreurSocle, match=rf"{motif} a dans son nom .* que Spark prend pour un motif"):
        construire([envoi], "spark_local", Parametres(sortie=tmp_path / nom))
