"""What a user meets when something is wrong: one French line, a status ≠ 0, the former results intact."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shutil
import signal
import subprocess
from pathlib import Path

import duckdb
import pytest
from conftest import EJ, dbt, ecrire_zone, executer_dbt, lire, ouverts_aux_autres, socle

from socle import execution
from socle.dossier.sql import construction
from socle.execution import Interruption, ecouter_les_signaux

VENUES = "iep;ipp;finess_geo;champ;mode_hospitalisation;date_entree;date_sortie\n"
ZONE = {f"{EJ}/gam/venues_20230101.csv": VENUES + f"1;1;{EJ};MCO;COMPLETE;2023-01-01;2023-01-05\n"}


def une_ligne(resultat: subprocess.CompletedProcess[str]) -> str:
    """The only line of the error output."""
    lignes = resultat.stderr.strip().splitlines()
    assert resultat.returncode != 0, resultat.stdout
    assert len(lignes) == 1, resultat.stderr
    return lignes[0]


def empreintes(entrepot: Path) -> dict[str, str]:
    """Hash of every table of the marts, rows in the table's own order."""
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        tables = connexion.execute("select table_name from information_schema.tables where table_schema = 'marts'").fetchall()
        assert tables
        return {
            nom: hashlib.sha256(repr(connexion.execute(f'select * from marts."{nom}"').fetchall()).encode()).hexdigest()
            for (nom,) in tables
        }


@pytest.fixture
def ancienne(executions: Path, tmp_path: Path) -> Path:
    """An output folder of one's own, with yesterday's warehouse."""
    shutil.copytree(executions / "sortie [1]", tmp_path / "sortie")
    return tmp_path / "sortie"


def test_missing_exports_folder(ancienne: Path, tmp_path: Path) -> None:
    avant = (ancienne / "entrepot.duckdb").read_bytes()
    ligne = une_ligne(socle(tmp_path / "absent", ancienne))
    assert "introuvable" in ligne and "SOCLE_EXPORTS" in ligne
    assert (ancienne / "entrepot.duckdb").read_bytes() == avant


def test_exports_that_are_a_file(tmp_path: Path) -> None:
    (tmp_path / "fichier").touch()
    assert "illisible" in une_ligne(socle(tmp_path / "fichier", tmp_path / "sortie"))


def test_landing_zone_without_etablissements(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    assert "etablissements.csv" in une_ligne(socle(tmp_path / "exports", tmp_path / "sortie"))


@pytest.mark.parametrize(
    ("variable", "valeur", "remede"),
    [
        ("SOCLE_DATE_EXTRACTION", "31/12/2023", "AAAA-MM-JJ"),
        ("SOCLE_MEMOIRE", "4 Go", "4GB"),
        ("SOCLE_SORTIE", "quoi?", "donnez-en un autre"),
        ("SOCLE_THREADS", "deux", "nombre entier"),
        ("SOCLE_THREADS", "0", "1 au moins"),
    ],
)
def test_unreadable_parameter(tmp_path: Path, variable: str, valeur: str, remede: str) -> None:
    ligne = une_ligne(socle(tmp_path, tmp_path / "sortie", **{variable: valeur}))
    assert valeur in ligne and remede in ligne


def test_folder_of_an_unknown_establishment_and_unreadable_list(ancienne: Path, tmp_path: Path) -> None:
    avant = (ancienne / "entrepot.duckdb").read_bytes()
    exports = ecrire_zone(tmp_path / "exports", ZONE | {"2A0000999/gam/venues_20230101.csv": VENUES})
    ligne = une_ligne(socle(exports, ancienne))
    assert "2A0000999" in ligne and "etablissements.csv" in ligne
    shutil.rmtree(exports / "2A0000999")
    (exports / "etablissements.csv").unlink()
    (exports / "etablissements.csv").symlink_to(tmp_path / "nulle_part.csv")
    ligne = une_ligne(socle(exports, ancienne))
    assert "etablissements.csv" in ligne and "illisible (introuvable)" in ligne
    assert (ancienne / "entrepot.duckdb").read_bytes() == avant
    assert "échec" in socle(exports, ancienne, "etat").stdout


def test_second_run_at_the_same_time(ancienne: Path, tmp_path: Path) -> None:
    with open(ancienne / ".verrou", "w") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        assert "autre exécution" in une_ligne(socle(ecrire_zone(tmp_path / "exports", ZONE), ancienne))


def test_full_disk(ancienne: Path, tmp_path: Path) -> None:
    petit = tmp_path / "petit"
    petit.mkdir()
    taille = (ancienne / "entrepot.duckdb").stat().st_size + 2**20
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={taille}", "socle", str(petit)], capture_output=True).returncode:
        pytest.skip("monter un tmpfs demande des droits d'administration")
    try:
        avant = (ancienne / "entrepot.duckdb").read_bytes()
        shutil.copyfile(ancienne / "entrepot.duckdb", petit / "entrepot.duckdb")
        ligne = une_ligne(socle(ecrire_zone(tmp_path / "exports", ZONE), petit))
        assert "Disque plein" in ligne and f"{petit.name} (" in ligne
        assert (petit / "entrepot.duckdb").read_bytes() == avant
    finally:
        subprocess.run(["umount", "-l", str(petit)], check=True)


@pytest.mark.parametrize(("nom", "code"), [("SIGTERM", 143), ("SIGKILL", -signal.SIGKILL)])
def test_an_ended_run_leaves_the_former_warehouse_and_says_so(executions: Path, nom: str, code: int) -> None:
    arret = json.loads((executions / "arrets.json").read_text())[nom]
    assert arret["code"] == code and arret["intact"]
    # Whatever ended the run, dbt ended with it, and what it leaves is nobody else's.
    assert not arret["dbt_a_fini"] and not arret["ouverts"]
    assert "interrompue" in arret["etat"] and "pas toutes" not in arret["etat"]
    if nom != "SIGKILL":
        assert arret["erreurs"].strip().splitlines() == [f"socle : interrompu ({nom}) ; « socle etat » dit ce qui est en place."]
        assert not arret["restes"]


@pytest.mark.parametrize("numero", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_signal_that_asks_to_end_interrupts(numero: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "_recu", None)
    anciens = {numero: signal.getsignal(numero) for numero in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    # As in a shell's background, where the terminal's interrupt is ignored.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        ecouter_les_signaux()
        with pytest.raises(Interruption) as interruption:
            signal.raise_signal(numero)
    finally:
        for ancien, traitement in anciens.items():
            signal.signal(ancien, traitement)
    assert interruption.value.signal == numero


def test_what_a_killed_run_left_goes_with_the_next_one(executions: Path) -> None:
    assert ".construction/entrepot.duckdb" in json.loads((executions / "arrets.json").read_text())["SIGKILL"]["restes"]
    assert not (executions / "sortie [1]" / ".construction").exists()
    assert not ouverts_aux_autres(executions / "sortie [1]")
    assert oct((executions / "sortie [1]").stat().st_mode)[-3:] == "755"


def test_warehouse_is_private_and_a_second_run_gives_the_same_marts(executions: Path) -> None:
    assert oct((executions / "premiere").stat().st_mode)[-3:] == "600"
    assert empreintes(executions / "deuxieme") == empreintes(executions / "premiere")


def test_state_tells_the_last_run_sources_and_missing_flux(executions: Path) -> None:
    etat = socle(executions / "exports", executions / "sortie [1]", "etat")
    assert etat.returncode == 0
    assert "réussie" in etat.stdout and "gam/venues" in etat.stdout
    assert "Flux absents" in etat.stdout and "dpi/documents" in etat.stdout


def test_a_lake_that_is_missing_is_told_in_one_line(executions: Path) -> None:
    sortie = executions / "sortie [1]"
    (sortie / "lac").rename(sortie / "lac_ailleurs")
    try:
        for commande in ("etat", "qualite", "tableau-de-bord"):
            resultat = socle(executions / "exports", sortie, commande)
            assert resultat.returncode == 1 and "Traceback" not in resultat.stderr
            assert re.fullmatch(r"socle : Le lac que .*[.]parquet.* relancez « socle run ».", " ".join(resultat.stderr.split()))
    finally:
        (sortie / "lac_ailleurs").rename(sortie / "lac")


def test_plain_dbt_gives_the_same_warehouse(executions: Path, tmp_path: Path) -> None:
    dbt(executions / "exports", tmp_path, "build", "--exclude-resource-type", "unit_test", date_extraction="")
    ecrit = tmp_path / "entrepot.duckdb"
    tables = empreintes(ecrit)
    del tables["lectures"]
    assert tables == empreintes(executions / "premiere")
    assert lire(ecrit, "select count(*) from intermediaire.int_sejours") == [(4,)]
    journal = (tmp_path / "logs" / "dbt.log").read_text(encoding="utf-8")
    # Both find the same last day, and say where.
    (annonce,) = set(re.findall("Date d’extraction : .*", journal))
    assert annonce == f"Date d’extraction : 31/12/2023 (fichier le plus récent : {EJ}/gam/services_20231231.csv)"
    assert annonce in json.loads((executions / "premiere.json").read_text())[0].replace("\n", " ")
    annonces = dict(re.findall(r"(\S+/\S+) : (\d+) lignes, dont", journal))
    trouvees = lire(ecrit, "select flux, sum(nb_lignes) from qualite.fichiers where flux like 'pmsi/%' group by flux")
    assert trouvees and {flux: int(annonces[flux]) for flux, _ in trouvees} == dict(trouvees)
    prives = [
        tmp_path / nom for nom in ("entrepot.duckdb", "logs/dbt.log", "cible/run_results.json", "cible/compiled", "cible/run")
    ]
    assert not [chemin for chemin in prives if chemin.stat().st_mode & 0o077]
    ((numero,),) = lire(ecrit, "select execution_id from qualite.execution")
    assert construction(tmp_path / "dbt" / "manifest.json").execution_id == numero
    plain_dbt_keeps_the_warehouse(executions / "exports", tmp_path)


def plain_dbt_keeps_the_warehouse(exports: Path, sortie: Path) -> None:
    """What plain dbt refuses, or fails to do, leaves the warehouse; what it writes in a part of it gives it another number."""
    entrepot, absent = sortie / "entrepot.duckdb", sortie / "absent"
    avant = entrepot.read_bytes()
    refus = executer_dbt(absent, sortie, "run")
    assert refus.returncode and f"Dossier d'exports {absent} introuvable" in refus.stdout
    # A lock of another process.
    with open(sortie / ".verrou") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        refus = executer_dbt(exports, sortie, "test", "--select", "catalogue_complet")
        assert refus.returncode and "Une autre exécution écrit déjà" in refus.stdout
    inconnu = ecrire_zone(sortie / "inconnu", {"2A0000999/gam/venues_20230101.csv": VENUES})
    echec = executer_dbt(inconnu, sortie, "build", "--exclude-resource-type", "unit_test")
    assert echec.returncode and "l'entrepôt précédent reste en place" in echec.stderr
    assert entrepot.read_bytes() == avant and not (sortie / ".construction").exists()
    # What reads no exports needs none.
    dbt(absent, sortie, "run", "--select", "int_axes")
    ((numero,),) = lire(entrepot, "select execution_id from qualite.execution")
    assert numero != construction(sortie / "dbt" / "manifest.json").execution_id
    assert "pas toutes de la même exécution" in socle(exports, sortie, "etat").stdout.replace("\n", " ")
