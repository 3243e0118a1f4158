"""Rows kept from one run to the next: same results, only what changed is read, nothing altered or gone is used."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import EJ, PERSONNEL, fichiers_du_lac

from socle.lecture import lac as module
from socle.lecture.depot import mettre_a_jour
from socle.lecture.inventaire import Fichier, inventorier
from socle.lecture.lac import Lac, nettoyer
from socle.lecture.pmsi_transmissions import PART_CUMULATIVE


def test_results_are_the_same_with_and_without_the_lake_kept(executions: Path) -> None:
    premiere = json.loads((executions / "premiere.json").read_text())[2]
    assert sum(table.startswith("marts.") for table in premiere) > 20
    assert premiere["staging.stg_gam__venues"] != []
    assert [len(premiere[nom]) for nom in ("depot.gam_hl7_messages", "staging.stg_pmsi__rss_diagnostics")] == [2, 2]
    assert len([ligne for ligne in premiere["qualite.rejets"] if "/pmsi/" in ligne[2]]) == 1
    assert json.loads((executions / "deuxieme.json").read_text())[2] == premiere


def test_a_reading_without_change_writes_no_row_in_the_lake(executions: Path, tmp_path: Path) -> None:
    def lire(relire: bool) -> dict[str, tuple[int, int]]:
        mettre_a_jour(executions / "exports", tmp_path / "lac", relire, {PART_CUMULATIVE: 0.5}, lambda mot: None)
        return {nom: etat for nom, etat in fichiers_du_lac(tmp_path).items() if "lac/fichiers/" not in nom}

    lus = lire(False)
    assert lire(False) == lus
    relus = lire(True)
    assert relus.keys() == lus.keys() and not [nom for nom in lus if relus[nom] == lus[nom]]
    assert len([nom for nom in lus if nom.startswith("lac/gam_venues/lignes/")]) == 1
    # The same rows make the same files: their names are their contents.
    premiere = json.loads((executions / "premiere.json").read_text())[1]
    assert lus.keys() == {nom for nom in premiere if "lac/fichiers/" not in nom}


def test_altered_files_are_told_and_written_again(executions: Path) -> None:
    sortie, apres, _ = json.loads((executions / "deuxieme.json").read_text())
    avant = json.loads((executions / "premiere.json").read_text())[1]
    changes = {nom.split("/")[1] for nom in apres if apres[nom] != avant.get(nom)}
    assert changes - {"fichiers"} == {"gam_venues", "gam_services", "gam_hl7", "pmsi"}
    assert avant.keys() == apres.keys()
    assert all(f"Lac {nom}" in sortie for nom in changes - {"fichiers"})


def test_the_lake_keeps_nothing_of_the_patient_that_no_model_reads(executions: Path) -> None:
    parquets = (executions / "sortie [1]" / "lac").rglob("*.parquet")
    lus = " ".join(str(ligne) for parquet in parquets for ligne in pq.read_table(parquet, partitioning=None).to_pylist())
    assert "dr@hopital.mssante.fr" in lus and "V8" in lus
    assert [mot for mot in PERSONNEL if mot in lus] == []


def test_only_the_owner_reads_the_lake(executions: Path) -> None:
    dossier = executions / "sortie [1]" / "lac"
    for chemin in (dossier, *dossier.rglob("*")):
        assert chemin.stat().st_mode & 0o777 == (0o700 if chemin.is_dir() else 0o600), chemin


@dataclass
class Lignes:
    """Reader of one text a line, which notes the files that it opens."""

    nom: str = "textes"
    relations: dict[str, dict[str, str]] = field(default_factory=lambda: {"lignes": {"texte": "varchar"}})
    lignes: tuple[str, ...] = ("lignes",)
    regles: tuple[str, ...] = ()
    lus: list[str] = field(default_factory=list)
    pendant: Callable[[], object] = lambda: None

    def lit(self, flux: str) -> bool:
        return True

    def lire(self, moteur: duckdb.DuckDBPyConnection, fichiers: list[Fichier], dossier: Path) -> dict[int, int]:
        rangees = []
        for fichier in fichiers:
            self.lus.append(fichier.fichier)
            textes = Path(fichier.chemin).read_text().splitlines()
            rangees += [(fichier.identifiant, n, fichier.finess_ej, texte) for n, texte in enumerate(textes, start=1)]
        self.pendant()
        noms = ("fichier_id", "ligne", "finess_ej", "texte")
        pq.write_table(pa.table(dict(zip(noms, zip(*rangees, strict=True), strict=True))), dossier / "lignes.parquet")
        return Counter(rangee[0] for rangee in rangees)

    def departager(self, moteur: duckdb.DuckDBPyConnection, dossier: Path) -> None:
        moteur.execute(
            "copy (select fichier_id, ligne from lignes qualify row_number() over (partition by texte order by rang desc) > 1)"
            f" to '{dossier}/remplacees.parquet' (format parquet)"
        )


class Zone:
    """A landing zone of one flux, and its lake."""

    def __init__(self, dossier: Path) -> None:
        self.exports, self.lac = dossier / "exports", dossier / "lac"
        (self.exports / EJ / "pmsi" / "mco").mkdir(parents=True)
        self.dit: list[str] = []

    def lire(
        self, fichiers: dict[str, str], lecteur: Lignes | None = None, avant: Callable[[], object] = lambda: None
    ) -> list[str]:
        """Texts in force once the lake is up to date; ``lus`` are the files that had to be opened.

        ``fichiers``: text of each by its day; ``avant``: called between the inventory and the reading.
        """
        lecteur = lecteur or Lignes()
        voulus = {self.chemin(jour): texte for jour, texte in fichiers.items()}
        for ancien in set(self.exports.rglob("*.txt")) - set(voulus):
            ancien.unlink()
        for chemin, texte in voulus.items():
            if not chemin.exists() or chemin.read_text() != texte:
                chemin.write_text(texte)
            os.utime(chemin, (1, 1))
        self.lac.mkdir(exist_ok=True)
        with duckdb.connect(":memory:") as moteur:
            lac = Lac(self.lac, moteur, dire=self.dit.append)
            inventaire = inventorier(self.exports, self.lac)
            avant()
            lac.lire(lecteur, inventaire)
            lac.inventorier([lecteur], inventaire)
            self.vues = list(lac.vues([lecteur]))
        self.lus = [Path(nom).stem for nom in lecteur.lus]
        return [texte for (texte,) in self.demander(
            "select texte from depot.textes where ligne_source not in (select ligne_source from depot.textes_remplacees) order by 1"
        )]  # fmt: skip

    def demander(self, requete: str) -> list[tuple]:
        """What a warehouse that was shown the lake answers."""
        with duckdb.connect(":memory:") as entrepot:
            for vue in self.vues:
                entrepot.execute(vue)
            return entrepot.execute(requete).fetchall()

    def chemin(self, jour: str) -> Path:
        return self.exports / EJ / "pmsi" / "mco" / f"lignes_2023010{jour}.txt"

    def parquets(self, relation: str = "lignes") -> list[Path]:
        return sorted(self.lac.glob(f"textes/{relation}/*.parquet"))


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    return Zone(tmp_path)


DEUX = {"1": "1\n2\n", "2": "3\n"}


def test_a_new_file_alone_is_read(zone: Zone) -> None:
    assert zone.lire(DEUX) == ["1", "2", "3"]
    assert len(zone.lus) == 2
    assert zone.lire(DEUX | {"3": "4\n1\n"}) == ["1", "2", "3", "4"]
    assert zone.lus == ["lignes_20230103"]
    assert zone.demander("select sum(nb_lues), sum(nb_retenues), sum(nb_remplacees) from depot.fichiers") == [(5, 4, 1)]
    assert zone.demander("select ligne_source from depot.textes_remplacees") == [(10_000_000_001,)]


def test_same_path_size_and_time_but_other_bytes_is_another_file(zone: Zone) -> None:
    zone.lire(DEUX)
    assert zone.lire(DEUX | {"1": "1\n9\n"}) == ["1", "3", "9"]
    assert zone.lus == ["lignes_20230101"]


def test_rows_of_a_file_that_has_gone_leave_the_lake(zone: Zone) -> None:
    zone.lire(DEUX)
    assert zone.lire({"2": DEUX["2"]}) == ["3"]
    assert zone.lus == []
    nettoyer(zone.lac, zone.lac.parent / "entrepot.duckdb")
    assert [pq.read_table(p, partitioning=None)["texte"].to_pylist() for p in zone.parquets()] == [["3"]]
    assert zone.lire({}) == []
    nettoyer(zone.lac, zone.lac.parent / "entrepot.duckdb")
    assert zone.parquets() == []


def test_another_version_of_the_reader_reads_everything_again(zone: Zone) -> None:
    zone.lire(DEUX)
    zone.lire(DEUX, Lignes(regles=("etapes",)))
    assert len(zone.lus) == 2


def test_the_code_of_the_readers_is_part_of_their_version(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    zone.lire(DEUX)
    monkeypatch.setattr(module, "__file__", str(Path(module.__file__).parent.parent / "lac.py"))
    zone.lire(DEUX)
    assert len(zone.lus) == 2


def test_what_was_decided_is_kept_while_the_rows_are_the_same(zone: Zone) -> None:
    zone.lire(DEUX)
    avant = {p: p.stat().st_mtime_ns for p in zone.lac.glob("textes/*/*.parquet")}
    zone.lire(DEUX)
    assert {p: p.stat().st_mtime_ns for p in zone.lac.glob("textes/*/*.parquet")} == avant


@pytest.mark.parametrize("relation", ["lignes", "remplacees"])
@pytest.mark.parametrize("comment", ["tronque", "altere", "perdu"])
def test_a_damaged_file_of_the_lake_is_told_and_written_again(zone: Zone, relation: str, comment: str) -> None:
    zone.lire(DEUX)
    (parquet,) = zone.parquets(relation)
    octets = bytearray(parquet.read_bytes())
    if comment == "perdu":
        parquet.unlink()
    else:
        octets[len(octets) // 3] ^= 1
        parquet.write_bytes(octets[:-9] if comment == "tronque" else octets)
    assert zone.lire(DEUX) == ["1", "2", "3"]
    assert zone.parquets(relation) == [parquet]
    assert any(parquet.stem in mot for mot in zone.dit)


def test_a_manifest_that_cannot_be_read_is_as_none(zone: Zone) -> None:
    zone.lire(DEUX)
    for contenu in ("", "{", "[]", '{"version": 1}'):
        (zone.lac / "textes" / "manifeste.json").write_text(contenu)
        assert zone.lire(DEUX) == ["1", "2", "3"]
        assert len(zone.lus) == 2


def test_many_small_lots_become_one(zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PETITES_FOURNEES", 3)
    fichiers: dict[str, str] = {}
    for jour in range(1, 6):
        fichiers[str(jour)] = f"{jour}\n"
        assert zone.lire(fichiers) == [str(j) for j in range(1, jour + 1)]
        assert zone.lus == [f"lignes_2023010{jour}"]
    nettoyer(zone.lac, zone.lac.parent / "entrepot.duckdb")
    assert len(zone.parquets()) == 2


def test_what_a_warehouse_in_place_reads_is_not_removed(zone: Zone) -> None:
    entrepot = zone.lac.parent / "entrepot [1].duckdb"
    zone.lire(DEUX)
    with duckdb.connect(str(entrepot)) as connexion:
        for vue in zone.vues:
            connexion.execute(vue)
    zone.lire({"2": DEUX["2"]})
    assert len(zone.parquets()) == 2
    nettoyer(zone.lac, entrepot)
    assert len(zone.parquets()) == 2
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        assert connexion.execute("select count(*) from depot.textes").fetchall() == [(3,)]
    entrepot.write_bytes(b"illisible")
    nettoyer(zone.lac, entrepot)
    assert len(zone.parquets()) == 2
    entrepot.unlink()
    nettoyer(zone.lac, entrepot)
    assert len(zone.parquets()) == 1


def test_a_file_that_changes_before_it_is_read_is_set_aside(zone: Zone) -> None:
    def changer() -> None:
        zone.chemin("1").write_text("1\n2\n3\n")
        zone.chemin("2").unlink()

    assert zone.lire(DEUX | {"3": "7\n"}, avant=changer) == ["7"]
    assert zone.demander("select etat, erreur is not null from depot.fichiers order by rang") == [
        ("ILLISIBLE", True), ("ILLISIBLE", True), ("LISIBLE", False),
    ]  # fmt: skip


@pytest.mark.parametrize("texte", ["1\n22\n", "1\n2\n3\n", None])
def test_a_file_that_changes_while_it_is_read_is_set_aside(zone: Zone, texte: str | None) -> None:
    chemin = zone.chemin("1")
    lecteur = Lignes(pendant=lambda: chemin.write_text(texte) if texte else chemin.unlink(missing_ok=True))
    assert zone.lire(DEUX, lecteur) == ["3"]
    assert [mot for mot in zone.dit if "modifié ou retiré" in mot and "lignes_20230101" in mot]
    assert list(zone.lac.glob(".en_cours*")) == []
