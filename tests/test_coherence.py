"""Killed at any rename, a run leaves outputs of one run, or « socle etat » says of which run each is."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from socle import etat, execution, restitution, sorties
from socle.comparaison import comparer_entrepots
from socle.entrepot import execution_de
from socle.parametres import ErreurSocle, Parametres
from socle.publication import copie, publier


def fabriquer(dossier: Path, numero: str) -> Path:
    """The outputs of a run, laid out as an output folder: as little of each as says its run; the greater number is the later."""
    for partie in (sorties.DBT, sorties.QUALITE, sorties.TABLEAU_DE_BORD, sorties.DOSSIERS):
        (dossier / partie).mkdir(parents=True)
    with duckdb.connect(str(dossier / sorties.ENTREPOT)) as connexion:
        connexion.execute("create schema marts; create schema qualite")
        connexion.execute(
            f"create table marts.indicateurs as select '{numero}' as libelle, 'I' as indicateur, '1' as finess_ej, today() as"
            " periode_debut, 'TOUS' as axe, 1 as numerateur, 1 as denominateur, 1 as numerateur_national_traces,"
            " 1 as numerateur_national_constate"
        )
        connexion.execute(f"create table qualite.execution as select '{numero}' as execution_id, today() as date_extraction")
    publier(dossier / sorties.ENTREPOT, dossier)
    manifeste = {"metadata": {"invocation_id": numero, "generated_at": numero}}
    (dossier / sorties.DBT / "manifest.json").write_text(json.dumps(manifeste))
    (dossier / sorties.DBT / "compiled").mkdir()
    for partie in (sorties.QUALITE, sorties.TABLEAU_DE_BORD):
        (dossier / partie / "index.html").write_text(f'<meta name="socle-execution" content="{numero}">')
    (dossier / sorties.DOSSIERS / "d.pdf").write_text(numero)
    with zipfile.ZipFile(dossier / sorties.DOSSIERS / "d.zip", "w") as archive:
        archive.writestr("d.pdf", numero)
        archive.writestr("versions.json", json.dumps({"execution_id": numero, "construit_le": numero}))
    return dossier


@pytest.fixture(scope="module")
def modeles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outputs of three runs."""
    dossier = tmp_path_factory.mktemp("modeles")
    for numero in ("1", "2", "3"):
        fabriquer(dossier / numero, numero)
    return dossier


def poser(modeles: Path, sortie: Path, numero: str) -> None:
    """Put the outputs of a run in place."""
    with sorties.preparation(sortie) as prepare:
        shutil.copytree(modeles / numero, prepare, dirs_exist_ok=True)
        copie.mettre_en_place(prepare, sortie, sorties.ORDRE, None)


def poser_et_mourir(modeles: Path, sortie: Path, numero: str, rang: int) -> bool:
    """The same in a process that kills itself before its rename number ``rang``; tell whether it got that far."""
    enfant = os.fork()
    if not enfant:
        faits, vrai = iter(range(100)), sorties._renommer

        def mourir(*arguments: Path) -> None:
            if next(faits) == rang:
                os.kill(os.getpid(), signal.SIGKILL)
            vrai(*arguments)

        sorties._renommer = mourir
        poser(modeles, sortie, numero)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(enfant, 0)[1]) == -signal.SIGKILL


def dit(parametres: Parametres) -> tuple[set[str], str]:
    """Runs of the outputs but the dossiers that are archives, and what « socle etat » says of the outputs."""
    ecran = io.StringIO()
    restitution._afficher_sorties(Console(file=ecran, width=200), parametres, None)
    return {s.execution_id for s in etat.lire(parametres)[0] if not s.archive}, ecran.getvalue()


def test_un_arret_entre_deux_renommages_se_voit(modeles: Path, tmp_path: Path) -> None:
    melanges = 0
    for rang in range(100):
        parametres = Parametres(exports=tmp_path, sortie=tmp_path / str(rang), postgres_url=None)
        poser(modeles, parametres.sortie, "1")
        assert dit(parametres)[0] == {"1"}
        tue = poser_et_mourir(modeles, parametres.sortie, "2", rang)
        executions, phrases = dit(parametres)
        assert ("pas toutes de la même exécution" in phrases) == (len(executions) > 1), phrases
        assert executions == {"1"} if rang == 0 else "2" in executions or "son PDF et son archive" in phrases, phrases
        melanges += len(executions) > 1
        poser(modeles, parametres.sortie, "3")
        assert dit(parametres)[0] == {"3"} and not (parametres.sortie / sorties.PREPARATION).exists()
        if not tue:
            assert executions == {"2"}
            break
    assert melanges >= 6


def test_l_etat_d_une_execution_qui_n_a_rien_pu_noter(modeles: Path, tmp_path: Path) -> None:
    parametres = Parametres(exports=tmp_path, sortie=tmp_path / "sortie", postgres_url=None)
    with execution.verrou(parametres):
        enfant = os.fork()
        if not enfant:
            with execution.suivi(parametres):
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(enfant, 0)
        dernier = etat.derniere_execution(parametres)
        assert dernier and dernier["etat"] == "en cours" and dernier["pid"] == enfant
    dernier = etat.derniere_execution(parametres)
    assert dernier and dernier["etat"] == "interrompue"
    with pytest.raises(KeyboardInterrupt), execution.suivi(parametres):
        raise execution.Interruption(signal.SIGINT)
    dernier = etat.derniere_execution(parametres)
    assert dernier and dernier["etat"] == "interrompue"
    with pytest.raises(ErreurSocle), execution.suivi(parametres):
        raise ErreurSocle("panne [/x]")
    dernier = etat.derniere_execution(parametres)
    assert dernier and (dernier["etat"], dernier["echec"]) == ("échec", "panne [/x]")
    assert "panne [/x]" in restitution._issue(dernier).plain
    assert (parametres.sortie / "dernier_run.json").stat().st_mode & 0o077 == 0


def test_ce_qui_est_illisible_ou_reste_est_dit(modeles: Path, tmp_path: Path) -> None:
    parametres = Parametres(exports=tmp_path, sortie=tmp_path / "sortie", postgres_url=None)
    poser(modeles, parametres.sortie, "1")
    # A program opened the warehouse for writing and died.
    journal = parametres.entrepot.with_name("entrepot.duckdb.wal")
    journal.write_bytes(b"x" * 100)
    assert f"{journal} : un programme a ouvert entrepot.duckdb en écriture" in dit(parametres)[1].replace("\n", "")
    with pytest.raises(ErreurSocle, match=r"entrepot\.duckdb\.wal est à côté"):
        execution_de(parametres.entrepot)
    (parametres.sortie / sorties.DOSSIERS / "d.pdf").write_text("altéré")
    assert "son PDF et son archive" in dit(parametres)[1]
    poser(modeles, parametres.sortie, "2")
    executions, phrases = dit(parametres)
    assert executions == {"2"} and "Attention" not in phrases and not journal.exists()
    assert execution_de(parametres.entrepot).numero == "2"


@pytest.mark.parametrize(
    ("faire", "dit"),
    [
        (Path.unlink, r"Aucun entrepôt dans .* : lancez « socle run »"),
        (lambda f: f.write_text("rien"), r"entrepot.duckdb est illisible \(.*valid DuckDB.*\) : relancez"),
        (lambda f: os.truncate(f, 5_000), r"entrepot.duckdb est illisible .* : relancez"),
        (lambda f: f.write_bytes(f.read_bytes()[:4096] + b"x" * 8192 + f.read_bytes()[12288:]), r"entrepot.duckdb est illisible .* : relancez"),
        (lambda f: alterer(f, "drop schema qualite cascade"), "ne dit pas de quelle exécution il est : relancez"),
        (lambda f: alterer(f, "alter table qualite.execution drop date_extraction"), "ne dit pas de quelle exécution il est"),
        (
            lambda f: alterer(
                f, "create table t as select 1 as a; copy t to '{d}/l.parquet'; create schema depot;"
                " create view depot.v as from read_parquet('{d}/l.parquet')", "l.parquet",
            ),
            r"Le lac que l'entrepôt lit n'est plus entier \(il y manque .*l.parquet\)",
        ),
    ],
)  # fmt: skip
def test_un_entrepot_qui_ne_se_lit_pas_le_dit(faire: Callable[[Path], object], dit: str, modeles: Path, tmp_path: Path) -> None:
    """Whoever reads it, in place or beside another one."""
    entrepot = tmp_path / sorties.ENTREPOT
    shutil.copyfile(modeles / "1" / sorties.ENTREPOT, entrepot)
    faire(entrepot)
    for lire in (execution_de, lambda e: publier(e, tmp_path), lambda e: comparer_entrepots(modeles / "1" / e.name, e)):
        with pytest.raises(ErreurSocle, match=dit):
            lire(entrepot)


def alterer(entrepot: Path, requetes: str, retire: str = "") -> None:
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute(requetes.replace("{d}", str(entrepot.parent)))
    if retire:
        (entrepot.parent / retire).unlink()


def test_un_entrepot_ouvert_en_ecriture_le_dit(modeles: Path, tmp_path: Path) -> None:
    entrepot = tmp_path / sorties.ENTREPOT
    shutil.copyfile(modeles / "1" / sorties.ENTREPOT, entrepot)
    programme = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", programme, entrepot], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as ecrivain:
        assert ecrivain.stdin and ecrivain.stdout and ecrivain.stdout.readline()
        for lire in (execution_de, lambda e: publier(e, tmp_path)):
            with pytest.raises(ErreurSocle, match=r"entrepot\.duckdb est ouvert en écriture par un autre programme : fermez-le"):
                lire(entrepot)
        ecrivain.stdin.close()


def test_un_entrepot_d_une_autre_version_le_dit(modeles: Path) -> None:
    with pytest.raises(
        ErreurSocle, match=r"est d'une autre version de socle, ou incomplet \(.*stg_reference__etablissements.*\) : relancez"
    ):
        restitution.sans_venue(modeles / "1" / sorties.ENTREPOT)


@pytest.mark.parametrize("droits", [0o600, 0o644])
def test_ce_qui_est_pose_a_ses_droits_et_remplace_le_reste(droits: int, tmp_path: Path) -> None:
    place = tmp_path / "f.duckdb"
    for nom in ("f.duckdb", "f.duckdb.wal"):
        (tmp_path / nom).write_text("ancien")
    with sorties.a_cote(place, droits) as provisoire:
        provisoire.write_text("nouveau")
        assert place.read_text() == "ancien"
    assert place.read_text() == "nouveau" and place.stat().st_mode & 0o777 == droits
    with pytest.raises(ZeroDivisionError), sorties.a_cote(place) as provisoire:
        provisoire.write_text("inachevé")
        _ = 1 / 0
    assert place.read_text() == "nouveau" and [f.name for f in tmp_path.iterdir()] == ["f.duckdb"]


@pytest.mark.parametrize(("seuil", "dossier", "fichier"), [("0", 0o755, 0o644), ("1", 0o755, 0o644), ("11", 0o700, 0o600)])
def test_ce_qui_garde_les_effectifs_exacts_n_est_plus_a_tous(
    seuil: str, dossier: int, fichier: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCLE_SECRET_STATISTIQUE", seuil)
    # A former run hid nothing.
    for partie in (*sorties.EXACTES, sorties.PUBLICATION):
        sorties.creer(tmp_path / partie)
        (tmp_path / "prepare" / partie).mkdir(parents=True)
        (tmp_path / "prepare" / partie / "index.html").touch()
    sorties.mettre_en_place(tmp_path / "prepare", tmp_path, sorties.ORDRE)
    modes = {
        p: ((tmp_path / p).stat().st_mode & 0o777, (tmp_path / p / "index.html").stat().st_mode & 0o777) for p in sorties.EXACTES
    }
    assert set(modes.values()) == {(dossier, fichier)}
    assert (tmp_path / sorties.PUBLICATION / "index.html").stat().st_mode & 0o777 == 0o444
