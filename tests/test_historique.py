"""The history: every run adds its indicators, and none of those before changes unnoticed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from fuites import identifiants

from socle import etat, historique, sorties
from socle.parametres import ErreurSocle, Parametres


def ecrire_entrepot(chemin: Path, numero: str, numerateur: int) -> Path:
    chemin.unlink(missing_ok=True)
    with duckdb.connect(str(chemin)) as connexion:
        connexion.execute("create schema marts; create schema qualite")
        connexion.execute(f"create table marts.indicateurs as select 'P1.O1' as indicateur, {numerateur} as numerateur")
        connexion.execute(
            f"create table qualite.execution as select '{numero}' as execution_id, date '2023-12-31' as date_extraction"
        )
    return chemin


def executer(sortie: Path, numero: str, numerateur: int) -> None:
    """What a run does with its history."""
    entrepot = ecrire_entrepot(sortie / "entrepot.duckdb", numero, numerateur)
    with sorties.preparation(sortie) as prepare:
        historique.ajouter(entrepot, sortie / sorties.HISTORIQUE, prepare / sorties.HISTORIQUE)
        sorties.mettre_en_place(prepare, sortie, (sorties.HISTORIQUE,))


@pytest.fixture
def passe(tmp_path: Path) -> Path:
    """The history of three runs."""
    for numero, numerateur in (("e1", 7), ("e2", 8), ("e3", 8)):
        executer(tmp_path, numero, numerateur)
    return tmp_path / sorties.HISTORIQUE


def test_chaque_execution_s_ajoute(passe: Path) -> None:
    maillons = historique.lire(passe)
    historique.verifier(passe, maillons)
    assert [m.execution_id for m in maillons] == ["e1", "e2", "e3"]
    lus = [duckdb.sql(f"select numerateur from '{passe / m.fichier}'").fetchall() for m in maillons]
    assert lus == [[(7,)], [(8,)], [(8,)]]
    assert passe.stat().st_mode & 0o777 == 0o700
    assert {f.stat().st_mode & 0o777 for f in passe.iterdir()} == {0o600}
    # The same warehouse again is no other run.
    executer(passe.parent, "e3", 8)
    assert historique.lire(passe) == maillons and len(list(passe.iterdir())) == 4


def _remplacer_un_fichier(passe: Path) -> None:
    (passe / "000001_e1.parquet").write_bytes((passe / "000002_e2.parquet").read_bytes())


def _changer_la_liste(passe: Path, changer: Callable[[list[dict]], object]) -> None:
    maillons = json.loads((passe / historique.CHAINE).read_text())
    changer(maillons)
    (passe / historique.CHAINE).write_text(json.dumps(maillons))


def _accorder_l_empreinte(passe: Path) -> None:
    _remplacer_un_fichier(passe)
    _changer_la_liste(passe, lambda m: m[0].update(sha256=m[1]["sha256"]))


ALTERATIONS: dict[str, Callable[[Path], object]] = {
    "fichier remplacé": _remplacer_un_fichier,
    "fichier remplacé, empreinte accordée": _accorder_l_empreinte,
    "fichier retiré": lambda p: (p / "000002_e2.parquet").unlink(),
    "exécution retirée": lambda p: _changer_la_liste(p, lambda m: m.pop(1)),
    "exécutions échangées": lambda p: _changer_la_liste(p, lambda m: m.insert(0, m.pop(1))),
    "jour changé": lambda p: _changer_la_liste(p, lambda m: m[0].update(date_extraction="2022-12-31")),
    "numéro changé": lambda p: _changer_la_liste(p, lambda m: m[2].update(execution_id="e9")),
    "liste retirée": lambda p: (p / historique.CHAINE).unlink(),
    "liste illisible": lambda p: (p / historique.CHAINE).write_text("[{}]"),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_un_passe_altere_se_voit(passe: Path, alteration: str) -> None:
    ALTERATIONS[alteration](passe)
    avant = {f.name: f.read_bytes() for f in passe.iterdir()}
    with pytest.raises(ErreurSocle, match="Historique altéré"):
        executer(passe.parent, "e4", 9)
    assert {f.name: f.read_bytes() for f in passe.iterdir()} == avant
    _, avis = etat.lire(Parametres(exports=passe.parent, sortie=passe.parent))
    assert [a for a in avis if "Historique altéré" in a]


def test_une_execution_tuee_avant_la_liste_n_arrete_pas_la_suivante(passe: Path) -> None:
    (passe / "000004_e4.parquet").write_bytes(b"PAR1")
    executer(passe.parent, "e5", 9)
    historique.verifier(passe, historique.lire(passe))
    assert [m.execution_id for m in historique.lire(passe)] == ["e1", "e2", "e3", "e5"]


def test_l_historique_ne_nomme_personne(sortie_demo: Path, entrepot_demo: Path) -> None:
    passe = sortie_demo / sorties.HISTORIQUE
    (maillon,) = historique.lire(passe)
    historique.verifier(passe, [maillon])
    relation = duckdb.sql(f"select * from '{passe / maillon.fichier}'")
    assert len(relation.fetchall()) > 1_000
    valeurs = {str(v) for ligne in relation.fetchall() for v in ligne if v is not None}
    assert valeurs & identifiants(entrepot_demo) == set()
