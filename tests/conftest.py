"""Landing zones and warehouses that the tests share: each is built once, whatever the number of workers."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fuites import identifiants
from xdist.scheduler import LoadScopeScheduling

from socle.publication import Bilan, publier
from socle.qualite.catalogue import regles

RACINE = Path(__file__).resolve().parents[1]
PARTAGE = Path(os.environ.get("SOCLE_SHARED", RACINE.parent / "shared"))
DATE_EXTRACTION = "2023-12-31"
SEUIL = 11
"""Below it, a published count of the tests is small."""
TIERS = "exemples de tiers"
"""Begins the reason of the only tests that may be skipped where everything is installed."""

etablissements = (
    "finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had;source_sejours;activite_combinee"
)


# Files whose tests wait for the same build go to one worker, else both would wait; the longest come first. xdist's own groups
# (--dist loadgroup) are names added to the node ids, which pytest 9.2 no longer lets it do.
GROUPES = {
    "test_execution": "test_lac",
    "test_portabilite": "test_analyses",
    "test_plans": "test_analyses",
    "test_resultats": "test_analyses",
    "test_terminal": "test_analyses",
    "test_hl7_alterations": "test_hl7",
    "test_pmsi_alterations": "test_pmsi",
    "test_outils": "test_publication",
    "test_secret_par_differences": "test_publication",
}
PREMIERS = ["test_lac", "test_analyses", "test_hl7_aller_retour", "test_pmsi", "test_proprietes", "test_tableau_de_bord"]


def _groupe(nodeid: str) -> str:
    nom = Path(nodeid.split("::")[0]).stem
    return GROUPES.get(nom, nom)


class ParConstruction(LoadScopeScheduling):
    """Scheduler that gives a worker all the tests of a file, or of the files that share a build."""

    def _split_scope(self, nodeid: str) -> str:
        return _groupe(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return ParConstruction(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rang(item: pytest.Item) -> int:
        groupe = _groupe(item.nodeid)
        return PREMIERS.index(groupe) if groupe in PREMIERS else len(PREMIERS)

    items.sort(key=rang)


def pytest_configure(config: pytest.Config) -> None:
    """A folder of this run of pytest, the same for every worker, with what dbt last parsed of the project."""
    if not hasattr(config, "workerinput"):
        os.environ["SOCLE_TESTS"] = tempfile.mkdtemp(prefix="socle_tests_")
        with suppress(FileNotFoundError):
            shutil.copy(RACINE / "target" / "partial_parse.msgpack", os.environ["SOCLE_TESTS"])


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["SOCLE_TESTS"], ignore_errors=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Where everything is installed (``SOCLE_TESTS_COMPLETS``), a skipped test is a failed one, but for third-party examples."""
    if not os.environ.get("SOCLE_TESTS_COMPLETS"):
        return
    oublies = [r for r in terminalreporter.stats.get("skipped", []) if TIERS not in str(r.longrepr)]
    for rapport in oublies:
        terminalreporter.write_line(f"ÉVITÉ {rapport.nodeid} : {rapport.longrepr[2]}", red=True)
    if oublies:
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


@contextmanager
def projet_analyse(cible: Path) -> Iterator[None]:
    """Give a new dbt target what a former build of this run parsed, else keep what this build parses for the next ones."""
    commun, sien = Path(os.environ["SOCLE_TESTS"]) / "partial_parse.msgpack", cible / "partial_parse.msgpack"
    if commun.exists() and not sien.exists():
        cible.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(commun, sien)
    yield
    if sien.exists() and not commun.exists():
        provisoire = commun.with_name(f"{os.getpid()}")
        shutil.copyfile(sien, provisoire)
        os.replace(provisoire, commun)


def dbt(exports: Path, sortie: Path, *arguments: str, date_extraction: str = DATE_EXTRACTION, projet: Path = RACINE) -> None:
    """Run dbt as `executer_dbt`; a failure shows its output."""
    resultat = executer_dbt(exports, sortie, *arguments, date_extraction=date_extraction, projet=projet)
    assert resultat.returncode == 0, resultat.stdout + resultat.stderr
    if arguments[0] == "build" and "--select" not in arguments:
        verifier_invariants(sortie / "entrepot.duckdb")


def executer_dbt(
    exports: Path, sortie: Path, *arguments: str, date_extraction: str = DATE_EXTRACTION, projet: Path = RACINE
) -> subprocess.CompletedProcess[str]:
    """Run dbt on a project, with ``sortie`` as its folder: warehouse, target, log and profile."""
    (sortie / "profil").mkdir(parents=True, exist_ok=True)
    shutil.copyfile(RACINE / "profiles.yml.example", sortie / "profil" / "profiles.yml")
    propre = {cle: valeur for cle, valeur in os.environ.items() if not cle.startswith("SOCLE_")}
    with projet_analyse(sortie / "cible") if projet == RACINE else nullcontext():
        return subprocess.run(
            [
                *(Path(sys.executable).with_name("dbt"), "--quiet", *arguments, "--project-dir", projet),
                *("--profiles-dir", sortie / "profil", "--target-path", sortie / "cible", "--log-path", sortie / "logs"),
            ],
            env=propre
            | {
                # Relative to the project, as the defaults are, from another folder.
                "SOCLE_EXPORTS": os.path.relpath(exports, projet),
                "SOCLE_SORTIE": os.path.relpath(sortie, projet),
                "SOCLE_DATE_EXTRACTION": date_extraction,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "PYTHONPATH": str(RACINE),
            },
            capture_output=True,
            text=True,
            cwd=sortie,
            umask=0,
        )


INVARIANTS = ("grille_incomplete", "indicateurs_incoherents", "entonnoirs_incomplets")
"""Rules of the quality that only a defect of the models can break, whatever the exports."""


def verifier_invariants(entrepot: Path) -> None:
    """Fail where a warehouse that a test built breaks a rule that no data may break."""
    for regle in regles():
        if regle.nom in INVARIANTS:
            assert not lire(entrepot, regle.requete), regle.nom


SEUL_ENTREPOT = ("run", "--sans-qualite", "--sans-publication", "--sans-lectures")


def socle(exports: Path, sortie: Path, *arguments: str, **environnement: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does; by default, build the warehouse alone."""
    arguments = arguments or SEUL_ENTREPOT
    premiere = arguments[0] == "run" and not (sortie / "entrepot.duckdb").exists()
    with projet_analyse(sortie / "dbt") if premiere else nullcontext():
        resultat = _socle(exports, sortie, *arguments, **environnement)
    if arguments[0] == "run" and resultat.returncode == 0:
        verifier_invariants(sortie / "entrepot.duckdb")
    return resultat


def _socle(exports: Path, sortie: Path, *arguments: str, **environnement: str) -> subprocess.CompletedProcess[str]:
    propre = {cle: valeur for cle, valeur in os.environ.items() if not cle.startswith("SOCLE_")}
    return subprocess.run(
        [sys.executable, "-m", "socle.cli", *arguments],
        env=propre
        | {
            "SOCLE_EXPORTS": str(exports),
            # Relative to the working folder, as the default is.
            "SOCLE_SORTIE": os.path.relpath(sortie, RACINE),
            "SOCLE_DATE_EXTRACTION": DATE_EXTRACTION,
            "PYTHONPATH": str(RACINE),
            **environnement,
        },
        capture_output=True,
        text=True,
        cwd=RACINE,
        umask=0,
    )


def ouverts_aux_autres(dossier: Path) -> list[str]:
    """Files and folders of an output folder that other accounts may open, but those that are made for them; what lies in a
    folder that they cannot enter is closed to them."""
    publics = {"publication", "tableau_de_bord", "qualite", "dossiers"}
    relatifs = [chemin.relative_to(dossier) for chemin in dossier.rglob("*") if not chemin.is_symlink()]
    fermes = {r for r in relatifs if (dossier / r).is_dir() and not (dossier / r).stat().st_mode & 0o077}
    return sorted(
        str(r)
        for r in relatifs
        if r.parts[0] not in publics and (dossier / r).stat().st_mode & 0o077 and fermes.isdisjoint(r.parents)
    )


def ecrire_zone(dossier: Path, fichiers: dict[str, str | bytes], ej: tuple[str, ...] = ("010000001",)) -> Path:
    """Write a landing zone: etablissements.csv for the given EJs, and the given files."""
    dossier.mkdir(parents=True, exist_ok=True)
    lignes = [etablissements, *(f"{finess};Établissement {finess};GHT;true;true;true;true;true;GAM;8000" for finess in ej)]
    (dossier / "etablissements.csv").write_text("\n".join(lignes) + "\n", encoding="utf-8")
    for nom, contenu in fichiers.items():
        chemin = dossier / nom
        chemin.parent.mkdir(parents=True, exist_ok=True)
        chemin.write_bytes(contenu if isinstance(contenu, bytes) else contenu.encode())
    return dossier


def une_fois(tmp_path_factory: pytest.TempPathFactory, nom: str, faire: Callable[[Path], None]) -> Path:
    """A folder that the first worker fills and the others wait for."""
    commun = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        commun = commun.parent
    dossier = commun / nom
    with open(commun / f"{nom}.verrou", "w") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        if not (dossier / ".fait").exists():
            dossier.mkdir(exist_ok=True)
            faire(dossier)
            (dossier / ".fait").touch()
    return dossier


@pytest.fixture(scope="session")
def exports_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration landing zone, at half its default size."""
    from demo import ecrire

    return une_fois(tmp_path_factory, "demo", lambda dossier: ecrire(dossier / "exports", echelle=0.5) and None) / "exports"


@pytest.fixture(scope="session")
def sortie_demo(tmp_path_factory: pytest.TempPathFactory, exports_demo: Path) -> Path:
    """Output folder of one run on the demonstration."""

    def faire(dossier: Path) -> None:
        resultat = socle(exports_demo, dossier / "sortie", "run", "--sans-qualite", "--sans-publication")
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "sortie", faire) / "sortie"


@pytest.fixture(scope="session")
def entrepot_demo(sortie_demo: Path) -> Path:
    """The warehouse of the demonstration."""
    return sortie_demo / "entrepot.duckdb"


@pytest.fixture(scope="session")
def publication_demo(entrepot_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Bilan:
    """The publication of the demonstration."""
    return publier(entrepot_demo, tmp_path_factory.mktemp("publication"))


@pytest.fixture(scope="session")
def publication_sans_petits_effectifs(entrepot_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Bilan:
    """The same, with its small counts hidden."""
    return publier(entrepot_demo, tmp_path_factory.mktemp("secret"), secret_statistique=SEUIL)


@pytest.fixture
def partage() -> Path:
    """The folder of material given with the project; the test is skipped where there is none."""
    if not PARTAGE.is_dir():
        pytest.skip(f"dossier partagé {PARTAGE} absent")
    return PARTAGE


def lire(entrepot: Path, requete: str) -> list[tuple]:
    """Rows of a query on a warehouse."""
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        return connexion.execute(requete).fetchall()


@pytest.fixture(scope="session")
def identifiants_demo(entrepot_demo: Path) -> set[str]:
    """Everything of the demonstration that must never leave the warehouse."""
    trouves = identifiants(entrepot_demo)
    assert len(trouves) > 1000
    return trouves


def mots(texte: str) -> set[str]:
    """Words of a text, alone and with the signs that compose an identifier."""
    return set(re.findall(r"\w+", texte)) | set(re.findall(r"[\w.:^&|@-]+", texte))


def marquer(macros: str) -> str:
    """Surround what each duckdb__ macro emits with comments that carry its name."""
    return re.sub(
        r"(\{%-?\s*macro\s+duckdb__(\w+)\(.*?\)\s*-?%\})(.*?)(\{%-?\s*endmacro\s*-?%\})",
        lambda m: f"{m[1]}/*<{m[2]}*/{m[3]}/*{m[2]}>*/{m[4]}",
        macros,
        flags=re.DOTALL,
    )


@pytest.fixture(scope="session")
def sql_compile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled SQL of the models outside staging and of the analyses, where each dispatched macro marks what it emits."""

    def faire(copie: Path) -> None:
        for nom in ("models", "macros", "seeds", "analyses", "tests/fixtures"):
            shutil.copytree(RACINE / nom, copie / nom)
        shutil.copy(RACINE / "dbt_project.yml", copie)
        shutil.copy(RACINE / "profiles.yml.example", copie / "profiles.yml")
        for fichier in (copie / "macros").rglob("*.sql"):
            fichier.write_text(marquer(fichier.read_text(encoding="utf-8")), encoding="utf-8")
        resultat = subprocess.run(
            [
                *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", "compile"),
                *("--no-introspect", "--no-populate-cache", "--select", "resource_type:model", "resource_type:analysis"),
                # « lectures » is these models again, and reads its seeds to know which.
                *("--exclude", "path:models/staging", "lectures"),
            ],
            cwd=copie,
            env=os.environ
            | {
                "DBT_PROFILES_DIR": str(copie),
                "SOCLE_SORTIE": str(copie),
                "SOCLE_EXPORTS": str(copie),
                "SOCLE_DATE_EXTRACTION": DATE_EXTRACTION,
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "PYTHONPATH": str(RACINE),
            },
            capture_output=True,
            text=True,
        )
        assert resultat.returncode == 0, resultat.stdout + resultat.stderr

    return une_fois(tmp_path_factory, "compile", faire) / "target" / "compiled" / "socle"


EJ = "010000001"
VENUES = "iep;ipp;finess_geo;champ;mode_hospitalisation;date_entree;date_sortie;nb_seances\n"
JANVIER = VENUES + f"1;7;{EJ};MCO;COMPLETE;2023-01-01;2023-01-02;\n2;7;{EJ};MCO;COMPLETE;2023-01-03;hier;\n"
FEVRIER = VENUES + f"1;7;{EJ};MCO;COMPLETE;2023-01-01;2023-01-09;\n3;7;{EJ};MCO;COMPLETE;2023-02-01;;\n"
PERSONNEL = ("DUVAL", "RUE DES LILAS", "0612345678", "290017500123456")
"""What exports say of a patient and no model reads: his name, address and telephone, his address of Mon espace santé."""
MESSAGE = (
    "MSH|^~\\&|GAM|CHX|DPI|CHX|20230302||ADT^A01|1|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|||2.11^PAM\rEVN||20230302\r"
    "PID|1||8^^^GAM&1&M^PI||DUVAL^P^^^^^L||19500102|F|||1 RUE DES LILAS||0612345678\rPV1||I|||||||||||||||||V8^^^GAM&1&M^VN\r"
    "ZBE|M1^GAM|20230302||INSERT|N||^^^^^GAM&1&M^UF^^^||HMS\r"
)
RUM = (
    f"1105M092 122000{EJ}022{'A':20}{'NA':20}{'1':10}0101195011001  020120258 050120258 29200{' ' * 14}000100000J189{' ' * 48}"
    f"{'I10':8}\n"
)
FICHIERS_SIMPLES: dict[str, str | bytes] = {
    f"{EJ}/pmsi/mco/{EJ}.2025.1.rss.txt": RUM + "ligne inconnue\n",
    f"{EJ}/pmsi/mco/{EJ}.2025.2.rss.txt": RUM + RUM.replace("NA", "NB").replace("A  ", "B  ", 1),
    f"{EJ}/gam/hl7/adt_20230302.hl7": MESSAGE,
    f"{EJ}/gam/hl7/adt_20230303.hl7": MESSAGE.replace("|1|P|", "|2|P|").replace("V8", "V9").replace("20230302", "20230303"),
    f"{EJ}/gam/venues_20230131.csv": JANVIER,
    f"{EJ}/gam/venues_20230228.csv": FEVRIER,
    f"{EJ}/dpi/transmissions_mss_20230131.csv": (
        "message_id;ipp;canal;adresse_destinataire;date_envoi;statut\n"
        "M1;7;PRO;dr@hopital.mssante.fr;2023-01-02;REUSSI\nM2;7;CITOYENNE;290017500123456@patient.mssante.fr;2023-01-02;REUSSI\n"
    ),
    # Read through a normalised copy, which is not made when the rows are in the lake. Its name is the latest day.
    f"{EJ}/gam/services_20231231.csv": (
        "service_id;libelle;type_service;consultations_externes;rdv_en_ligne;dpi_deploye;acces_cr_et_images;"
        "dpi_integre_documents\nS1;Médecine;SOINS;oui;non;oui;oui;non\n"
    ).encode("cp1252"),
    f"{EJ}/gam/correspondants_20230101.csv": "correspondant_id;date_maj\nC1;31/12/2022\nC2;01/02/2023\nC3;2023-02-01\n",
    f"{EJ}/declaratif/declarations_20230101.csv": 'code;date_declaration;valeur;justification\nD5.1;2023-01-02;OUI;"deux\nlignes"\n',
}


def fichiers_du_lac(sortie: Path) -> dict[str, tuple[int, int]]:
    """Identity of each file of the lake: a file that is written again has another."""
    return {str(p.relative_to(sortie)): (p.stat().st_ino, p.stat().st_mtime_ns) for p in (sortie / "lac").glob("*/*/*.parquet")}


def copier_pour_alterer(entrepot: Path, copie: Path, *requetes: str) -> None:
    """Copy a warehouse and run statements in it; the views of the staging that they name are made tables first."""
    shutil.copyfile(entrepot, copie)
    with duckdb.connect(str(copie)) as connexion:
        vues = connexion.execute("select view_name from duckdb_views() where schema_name = 'staging'").fetchall()
        nommees = set(re.findall(r"staging[.](\w+)", " ".join(requetes)))
        for vue in sorted({nom for (nom,) in vues} & nommees):
            connexion.execute(f"create table staging.copie as from staging.{vue}; drop view staging.{vue}")
            connexion.execute(f"alter table staging.copie rename to {vue}")
        for requete in requetes:
            connexion.execute(requete)


def contenu(entrepot: Path, schemas: tuple[str, ...] | None = None) -> dict[str, list[tuple]]:
    """Every row of every table and view but the number of the run; of some schemas, or of all."""
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        tables = connexion.execute(
            "select table_schema, table_name from information_schema.tables where table_name <> 'execution' order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": connexion.execute(f'select * from "{schema}"."{table}" order by all').fetchall()
            for schema, table in tables
            if schemas is None or schema in schemas
        }


def _arreter(exports: Path, sortie: Path, numero: signal.Signals) -> tuple[int, str]:
    """Start a run, send its process a signal while dbt writes, wait for dbt's end; return its status and what it said."""
    processus = subprocess.Popen(
        [sys.executable, "-m", "socle.cli", *SEUL_ENTREPOT],
        env=os.environ | {"SOCLE_EXPORTS": str(exports), "SOCLE_SORTIE": str(sortie), "SOCLE_DATE_EXTRACTION": DATE_EXTRACTION},
        cwd=RACINE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        umask=0,
    )
    while not (sortie / ".construction" / "entrepot.duckdb").exists() and processus.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            processus.wait(timeout=0.05)
    processus.send_signal(numero)
    _, erreurs = processus.communicate()
    # dbt holds the lock too.
    with open(sortie / ".verrou") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
    return processus.returncode, erreurs


@pytest.fixture(scope="session")
def executions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs of one landing zone « exports » into one folder « sortie [1] »; each leaves its warehouse under its own name.

    « premiere »; « deuxieme », after runs that signals ended (« arrets.json »: of each, its status, what it said, whether the
    warehouse is as it was, what it left) and after files of the lake were altered. Beside each, what it printed, the files of the
    lake and the rows of every table.
    """

    def faire(dossier: Path) -> None:
        exports, sortie = ecrire_zone(dossier / "exports", FICHIERS_SIMPLES, (EJ,)), dossier / "sortie [1]"

        def lancer(vers: str) -> None:
            resultat = socle(exports, sortie, *SEUL_ENTREPOT, SOCLE_DATE_EXTRACTION="")
            assert resultat.returncode == 0, resultat.stdout + resultat.stderr
            os.link(sortie / "entrepot.duckdb", dossier / vers)
            tables = contenu(sortie / "entrepot.duckdb")
            (dossier / f"{vers}.json").write_text(json.dumps([resultat.stdout, fichiers_du_lac(sortie), tables], default=str))

        lancer("premiere")
        avant = (sortie / "entrepot.duckdb").read_bytes()
        arrets = {}
        for numero in (signal.SIGTERM, signal.SIGKILL):
            code, erreurs = _arreter(exports, sortie, numero)
            arrets[numero.name] = {
                "code": code,
                "erreurs": erreurs,
                "intact": (sortie / "entrepot.duckdb").read_bytes() == avant,
                "restes": sorted(str(r.relative_to(sortie)) for r in (sortie / ".construction").glob("*")),
                "ouverts": ouverts_aux_autres(sortie),
                "dbt_a_fini": (sortie / ".construction" / "dbt" / "run_results.json").exists(),
                "etat": _socle(exports, sortie, "etat").stdout,
            }
        (dossier / "arrets.json").write_text(json.dumps(arrets))
        (tronque,), (altere,), (message,), (diagnostics,) = (
            (sortie / "lac").glob(f"{motif}/*.parquet")
            for motif in ("gam_venues/lignes", "gam_services/lignes", "gam_hl7/messages", "pmsi/rss_diagnostics")
        )
        os.truncate(tronque, tronque.stat().st_size - 10)
        for abime in (altere, message, diagnostics):
            octets = bytearray(abime.read_bytes())
            octets[len(octets) // 3] ^= 1
            abime.write_bytes(octets)
        lancer("deuxieme")

    return une_fois(tmp_path_factory, "executions", faire)
