"""Rows kept from one run to the next: same results, only what changed is read, nothing altered or gone is used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import PERSONNEL

from socle.lecture import cache as module
from socle.lecture.cache import Cache, Fichier


def contenu(entrepot: Path) -> dict[str, list[tuple]]:
    """Every row of every table, but the path of the copy that a process makes for itself, and the number of the run."""
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        tables = connexion.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
            " and table_name <> 'execution' order by all"
        ).fetchall()
        resultat = {}
        for schema, table in tables:
            sauf = "exclude (chemin_lecture)" if table == "stg_reference__fichiers" else ""
            resultat[f"{schema}.{table}"] = connexion.execute(
                f'select * {sauf} from "{schema}"."{table}" order by all'
            ).fetchall()
    return resultat


@pytest.mark.parametrize("execution", ["deuxieme", "troisieme", "sans_cache"])
def test_results_are_the_same_with_and_without_cache(executions: Path, execution: str) -> None:
    premiere, autre = contenu(executions / "premiere"), contenu(executions / execution)
    assert premiere["staging.stg_gam__venues"] != []
    assert len(premiere["staging.stg_gam__messages"]) == 2
    assert [len(premiere[f"staging.{t}"]) for t in ("stg_pmsi__rss_diagnostics", "rejets_pmsi__fichiers")] == [2, 1]
    assert [len(premiere[f"staging.rejets_gam__{nom}"]) for nom in ("venues", "correspondants")] == [1, 1]
    assert premiere.keys() == autre.keys()
    assert sum(table.startswith("marts.") for table in autre) > 20
    for table, lignes in premiere.items():
        assert lignes == autre[table], table


def test_a_run_without_change_writes_nothing_in_the_cache(executions: Path) -> None:
    premiere, deuxieme = (json.loads((executions / f"{nom}.json").read_text())[1] for nom in ("premiere", "deuxieme"))
    assert premiere == deuxieme
    for flux in ("gam__venues", "gam__hl7", "pmsi"):
        assert len([nom for nom in premiere if nom.startswith(f"cache/{flux}/")]) == 1


def test_altered_lots_are_told_and_written_again(executions: Path) -> None:
    sortie, apres = json.loads((executions / "troisieme.json").read_text())
    avant = json.loads((executions / "deuxieme.json").read_text())[1]
    changes = {nom.split("/")[1] for nom in apres if apres[nom] != avant.get(nom)}
    assert changes == {"gam__venues", "gam__services", "gam__hl7", "pmsi"}
    assert avant.keys() == apres.keys()
    assert all(flux in sortie for flux in ("gam/venues", "gam/services", "gam/hl7", "pmsi"))


def test_the_cache_keeps_nothing_of_the_patient_that_no_model_reads(executions: Path) -> None:
    lots = (executions / "sortie [1]" / "cache").rglob("*.parquet")
    lus = " ".join(str(ligne) for lot in lots for ligne in pq.read_table(lot, partitioning=None).to_pylist())
    assert "dr@hopital.mssante.fr" in lus and "V8^^^GAM" in lus
    assert [mot for mot in PERSONNEL if mot in lus] == []


def test_only_the_owner_reads_the_cache(executions: Path) -> None:
    dossier = executions / "sortie [1]" / "cache"
    for chemin in (dossier, *dossier.rglob("*")):
        assert chemin.stat().st_mode & 0o777 == (0o700 if chemin.is_dir() else 0o600), chemin


class Zone:
    """A flux whose files are read as their bytes, one row a line, without the engine."""

    def __init__(self, dossier: Path) -> None:
        self.dossier = dossier
        self.lus: list[str] = []

    def lire(self, fichiers: dict[str, str], version: str = "v1") -> list[str]:
        """Lines that the lots hold once the plan is carried out; ``lus`` are the files that had to be opened."""
        cache = Cache(self.dossier)
        liste = []
        for nom, contenu in fichiers.items():
            chemin = self.dossier.parent / nom
            if not chemin.exists() or chemin.read_text() != contenu:
                chemin.write_text(contenu)
            os.utime(chemin, (1, 1))
            vue = cache._inspecter(str(chemin), True)
            liste.append(
                Fichier(fichier=nom, chemin=str(chemin), format="csv", encodage="utf-8", delimiteur=";",
                        colonnes=json.dumps(vue["colonnes"]), types="[]", nb_lignes=vue["nb_lignes"], taille=vue["taille"],
                        modifie_le=vue["modifie_le"], empreinte=vue["empreinte"], lecture=vue["lecture"])
            )  # fmt: skip
        plan = json.loads(cache.preparer("f", version, liste))
        self.lus, chemins = [], plan["lots"]
        for lot in plan["a_ecrire"]:
            if "reprises" in lot:
                table = pa.concat_tables(pq.read_table(chemin, partitioning=None) for chemin in lot["reprises"])
                table = table.filter(pa.compute.is_in(table["fichier_id"], pa.array([int(i) for i in lot["identifiants"]])))
            else:
                lignes = []
                for tranche in lot["tranches"]:
                    for chemin, numero in zip(tranche["chemins"], tranche["identifiants"], strict=True):
                        self.lus.append(Path(chemin).name)
                        lignes += [{"fichier_id": numero, "texte": texte} for texte in Path(chemin).read_text().splitlines()[1:]]
                table = pa.Table.from_pylist(lignes)
            pq.write_table(table.replace_schema_metadata({"socle": lot["metadonnees"]}), lot["chemin"])
            rangement = json.loads(cache.ranger("f", lot["chemin"]))
            assert "erreur" not in rangement, rangement
            chemins.append(rangement["lot"])
        return sorted(texte for chemin in chemins for texte in pq.read_table(chemin, partitioning=None)["texte"].to_pylist())


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return Zone(tmp_path / "cache")


def test_a_new_file_alone_is_read(zone: Zone) -> None:
    assert zone.lire({"a": "x\n1\n2\n", "b": "x\n3\n"}) == ["1", "2", "3"]
    assert zone.lus == ["a", "b"]
    assert zone.lire({"a": "x\n1\n2\n", "b": "x\n3\n", "c": "x\n4\n"}) == ["1", "2", "3", "4"]
    assert zone.lus == ["c"]


def test_same_path_size_and_time_but_other_bytes_is_another_file(zone: Zone) -> None:
    zone.lire({"a": "x\n1\n2\n", "b": "x\n3\n"})
    assert zone.lire({"a": "x\n1\n9\n", "b": "x\n3\n"}) == ["1", "3", "9"]
    assert zone.lus == ["a"]


def test_rows_of_a_file_that_has_gone_leave_the_cache(zone: Zone) -> None:
    zone.lire({"a": "x\n1\n2\n", "b": "x\n3\n"})
    assert zone.lire({"b": "x\n3\n"}) == ["3"]
    assert zone.lus == []
    assert [pq.read_table(p, partitioning=None)["texte"].to_pylist() for p in zone.dossier.glob("f/*")] == [["3"]]
    assert zone.lire({}) == []
    assert list(zone.dossier.glob("f/*")) == []


def test_another_version_of_the_reader_reads_everything_again(zone: Zone) -> None:
    zone.lire({"a": "x\n1\n"})
    zone.lire({"a": "x\n1\n"}, version="v2")
    assert zone.lus == ["a"]
    assert len(list(zone.dossier.glob("f/*"))) == 1


def test_many_small_lots_become_one(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PETITS_LOTS", 3)
    fichiers: dict[str, str] = {}
    for jour in range(5):
        fichiers[f"j{jour}"] = f"x\n{jour}\n"
        assert zone.lire(fichiers) == [str(j) for j in range(jour + 1)]
        assert zone.lus == [f"j{jour}"]
    assert len(list(zone.dossier.glob("f/*"))) == 2


def fichier(chemin: Path, nb_lignes: int) -> Fichier:
    """A table of one column as the inventory saw it, now."""
    etat = chemin.stat()
    return Fichier(
        fichier=chemin.name, chemin=str(chemin), format="csv", encodage="utf-8", delimiteur=";", colonnes="[]", types="[]",
        nb_lignes=nb_lignes, taille=etat.st_size, modifie_le=etat.st_mtime, empreinte=chemin.name, lecture=None,
    )  # fmt: skip


def test_a_file_that_changes_before_it_is_read_is_set_aside(tmp_path: Path) -> None:
    for nom in ("change", "perdu", "reste"):
        (tmp_path / nom).write_text("x\n1\n")
    fichiers = [fichier(tmp_path / nom, 2) for nom in ("change", "perdu", "reste")]
    (tmp_path / "change").write_text("x\n1\n2\n")
    (tmp_path / "perdu").unlink()
    cache = Cache(tmp_path / "cache")
    plan = json.loads(cache.preparer("f", "v1", fichiers))
    assert plan["ecartes"] == ["change", "perdu"] and plan["a_ecrire"] == []
    plan = json.loads(cache.preparer("f", "v1", fichiers[2:]))
    assert plan["ecartes"] == [] and len(plan["a_ecrire"]) == 1


@pytest.mark.parametrize("comment", ["lignes", "taille"])
def test_a_file_that_changes_while_it_is_read_is_set_aside(tmp_path: Path, comment: str) -> None:
    for nom in ("change", "reste"):
        (tmp_path / nom).write_text("x\n1\n")
    fichiers = [fichier(tmp_path / nom, 2) for nom in ("change", "reste")]
    cache = Cache(tmp_path / "cache")
    (lot,) = json.loads(cache.preparer("f", "v1", fichiers))["a_ecrire"]
    change, reste = (module.identifiant(f) for f in fichiers)
    numeros = [change, change, reste] if comment == "lignes" else [change, reste]
    if comment == "taille":
        (tmp_path / "change").write_text("x\n11\n")
    pq.write_table(pa.table({"fichier_id": numeros}).replace_schema_metadata({"socle": lot["metadonnees"]}), lot["chemin"])
    assert json.loads(cache.ranger("f", lot["chemin"])) == {"lot": None, "ecartes": ["change"]}
    assert not Path(lot["chemin"]).exists()
