"""The build at the size of a large hospital group: ``python benchmarks/grand_ght.py [--echelle 280] [--rapport FILE]``.

Writes the landing zone (``socle demo --tables``: 12 EJ, 3 GB at 280), and a tenth of it, then prints in one run:

- the floor: DuckDB counts the lines of the same files as text; beside it, the same lines put into a table;
- time and peak memory of the build without data tests, of each of its layers, of the data tests, of the quality report
  and of the publication;
- the same build a night later: one more daily file per flux, the lake of the first one kept;
- growth from the tenth to the whole, beyond the time of an almost empty landing zone;
- the slowest nodes, and the operators of the slowest statements (DuckDB's profile).

Layers overlap when two models are built at once: the time of a layer is that during which one of its nodes was built.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import click
import duckdb
from noeuds import ORDRE, couche
from rich.console import Console

RACINE = Path(__file__).resolve().parents[1]
FIN = date(2023, 12, 31)
JOURS = 400
"""Daily files of a flux over the 14 months: the night's file holds that share of its rows."""
CIBLES = {
    "processeur": 240.0, "modèles": 6.5, "tests": 0.25, "mémoire": 4.0, "croissance": 11.0, "nuit": 0.65, "nuit, processeur": 150.0,
    "démarrage": 15.0, "analyse": 3.0,
}  # fmt: skip

ECRIRE = """
import datetime, pathlib, sys
from demo import ecrire
from demo.site import DONNEES
ecrire(pathlib.Path(sys.argv[1]), echelle=float(sys.argv[2]), fin=datetime.date.fromisoformat(sys.argv[3]), hl7="tables",
       taille=DONNEES["tailles"]["grand_groupe"])
"""
LIRE = """
import json, sys
import duckdb
texte, parquet = json.load(sys.stdin)
connexion = duckdb.connect(sys.argv[1], config={"storage_compatibility_version": "latest"})
connexion.execute("set memory_limit = '4GB'; set enable_progress_bar = false")
lignes = "read_csv($f, columns = {'texte': 'varchar'}, auto_detect = false, header = false, delim = '\\x01', quote = '', escape = '')"
if sys.argv[1] == ":memory:":
    n = connexion.execute(f"select count(*) from {lignes}", {"f": texte}).fetchone()[0]
    n += connexion.execute("select count(*) from read_parquet($f)", {"f": parquet}).fetchone()[0] if parquet else 0
else:
    n = connexion.execute(f"create table lignes as from {lignes}", {"f": texte}).fetchone()[0]
print(n)
"""


@dataclass
class Mesure:
    """What a command took: ``secondes`` and ``cpu`` in seconds, ``memoire`` in GiB, its output."""

    secondes: float
    cpu: float
    memoire: float
    sortie: str
    releves: list[tuple[float, float]] = field(default_factory=list)
    """Instant (seconds since 1970) and resident memory (GiB), ten times a second."""


def mesurer(commande: list[str | Path], env: dict[str, str] | None = None, entree: str = "", admis: str | None = None) -> Mesure:
    """Run a command and tell what it took. admis: words of the one failure that is a result.

    Raises:
        click.ClickException: it failed.
    """
    debut = time.time()
    with tempfile.TemporaryFile("w+") as sortie, tempfile.TemporaryFile("w+") as texte:
        texte.write(entree)
        texte.seek(0)
        processus = subprocess.Popen(
            commande, cwd=RACINE, env=os.environ | (env or {}), stdin=texte, stdout=sortie, stderr=subprocess.STDOUT
        )
        releves: list[tuple[float, float]] = []
        fini = threading.Event()

        def relever() -> None:
            while not fini.wait(0.1):
                try:
                    statut = Path(f"/proc/{processus.pid}/status").read_text(encoding="ascii")
                except OSError:
                    return
                if "VmRSS:" in statut:
                    releves.append((time.time(), int(statut.split("VmRSS:")[1].split()[0]) / 2**20))

        fil = threading.Thread(target=relever)
        fil.start()
        _, statut, usage = os.wait4(processus.pid, 0)
        fini.set()
        fil.join()
        sortie.seek(0)
        lu = sortie.read()
    if statut and not (admis and admis in lu):
        raise click.ClickException(f"{' '.join(map(str, commande[:4]))} a échoué :\n{lu}")
    return Mesure(time.time() - debut, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20, lu, releves)


class Banc:
    """One landing zone and its warehouse.

    Args:
        dossier: where both are written.
        echelle: of the demonstration.
    """

    def __init__(self, dossier: Path, echelle: float) -> None:
        """Write the landing zone."""
        self.exports, self.sortie = dossier / "exports", dossier / "sortie"
        self.sortie.mkdir(parents=True)
        shutil.copyfile(RACINE / "profiles.yml.example", self.sortie / "profiles.yml")
        self.ecriture = mesurer([sys.executable, "-c", ECRIRE, self.exports, str(echelle), FIN.isoformat()])

    @property
    def fichiers(self) -> list[Path]:
        """Every file of the landing zone."""
        return [fichier for fichier in self.exports.rglob("*") if fichier.is_file()]

    def lire(self, base: str) -> Mesure:
        """Read every file as lines: counted when base is « :memory: », else put into a table of that database."""
        textes, parquets = [], []
        copies = self.sortie / "utf8"
        copies.mkdir(exist_ok=True)
        for fichier in self.fichiers:
            if fichier.suffix == ".parquet":
                parquets.append(str(fichier))
                continue
            # DuckDB reads no CP1252: the few small files that are so are read from a copy, made before.
            if fichier.stat().st_size < 2**20 and not _est_utf8(fichier.read_bytes()):
                copie = copies / f"{fichier.parent.parent.name}_{fichier.name}"
                copie.write_text(fichier.read_text(encoding="cp1252"), encoding="utf-8")
                fichier = copie
            textes.append(str(fichier))
        if base != ":memory:":
            base = str(self.sortie / base)
            Path(base).unlink(missing_ok=True)
        return mesurer([sys.executable, "-c", LIRE, base], entree=json.dumps([textes, parquets]))

    def _environnement(self, jour: date) -> dict[str, str]:
        return {
            "SOCLE_EXPORTS": str(self.exports), "SOCLE_SORTIE": str(self.sortie), "DBT_PROFILES_DIR": str(self.sortie),
            "SOCLE_LAC": str(self.sortie / "lac"), "SOCLE_DATE_EXTRACTION": jour.isoformat(), "SOCLE_MEMOIRE": "4GB",
            "DBT_LOG_PATH": str(self.sortie / "logs"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "GX_ANALYTICS_ENABLED": "false",
        }  # fmt: skip

    def dbt(self, *options: str, jour: date = FIN) -> Mesure:
        """Run dbt on this landing zone, as « socle run » does."""
        commande = [_programme("dbt"), "--quiet", *options, "--target-path", self.sortie / "target"]
        return mesurer(commande, self._environnement(jour))

    def socle(self, commande: str) -> Mesure:
        """Run a command of socle on the warehouse."""
        # In a small landing zone an establishment has months without venue: the report says so, and is measured all the same.
        return mesurer([_programme("socle"), commande], self._environnement(FIN), admis="Publication retenue")

    def construire(self, jour: date = FIN) -> Mesure:
        """Build every model into a new file, but the one that compiles the others again (`lectures`)."""
        (self.sortie / "entrepot.duckdb").unlink(missing_ok=True)
        return self.dbt("build", "--exclude-resource-type", "unit_test", "test", "--exclude", "lectures", jour=jour)

    def noeuds(self) -> list[tuple[str, str, float, float]]:
        """Layer, name, start and end (seconds since 1970) of each node of the last command."""
        manifeste = json.loads((self.sortie / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
        resultat = []
        for noeud in json.loads((self.sortie / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]:
            bornes = [datetime.fromisoformat(t[b]).timestamp() for t in noeud["timing"] for b in ("started_at", "completed_at")]
            decrit = manifeste.get(noeud["unique_id"])
            if bornes and decrit:
                resultat.append((couche(decrit), decrit["name"], min(bornes), max(bornes)))
        return resultat

    def ajouter_une_nuit(self) -> tuple[int, date]:
        """Add one file per flux of every establishment, dated of the next day: the last rows of the latest one, once more.

        Returns:
            number of files, day of the extraction.
        """
        lendemain = FIN + timedelta(days=1)
        derniers: dict[tuple[str, ...], Path] = {}
        for fichier in sorted(self.exports.glob("*/*/*")):
            if fichier.is_file() and fichier.stem.endswith(f"_{FIN:%Y%m%d}"):
                derniers[(*fichier.parts[-3:-1], fichier.stem)] = fichier
        for fichier in derniers.values():
            nouveau = fichier.with_name(fichier.name.replace(f"{FIN:%Y%m%d}", f"{lendemain:%Y%m%d}"))
            if fichier.suffix == ".parquet":
                with duckdb.connect() as connexion:
                    n = connexion.execute("select count(*) from read_parquet(?)", [str(fichier)]).fetchall()[0][0]
                    connexion.execute(f"copy (from '{fichier}' offset {n - max(n // JOURS, 1)}) to '{nouveau}'")
            else:
                entete, *lignes = fichier.read_bytes().splitlines(keepends=True)
                nouveau.write_bytes(b"".join([entete, *lignes[-max(len(lignes) // JOURS, 1) :]]))
        return len(derniers), lendemain

    def operateurs(self, modele: str) -> tuple[float, list[tuple[float, str]]]:
        """A model's statement as DuckDB profiles it, without writing its table, and alone.

        Returns:
            elapsed seconds; CPU seconds and name of its operators, costliest first.
        """
        (compile_,) = (self.sortie / "target" / "compiled").rglob(f"{modele}.sql")
        with duckdb.connect(str(self.sortie / "entrepot.duckdb"), read_only=True) as connexion:
            connexion.execute("set memory_limit = '4GB'; set enable_progress_bar = false")
            brut = connexion.execute(f"explain (analyze, format json) {compile_.read_text(encoding='utf-8')}").fetchall()[0][1]
        trouves: list[tuple[float, str]] = []

        def parcourir(noeud: dict) -> None:
            if "operator_timing" in noeud:
                infos = noeud.get("extra_info", {})
                objet = infos.get("Table") or infos.get("Conditions") or infos.get("Groups") or infos.get("Projections") or ""
                objet = ", ".join(objet) if isinstance(objet, list) else objet
                trouves.append((noeud["operator_timing"], f"{noeud['operator_name'].strip()} {objet[:60]}".strip()))
            for enfant in noeud.get("children", []):
                parcourir(enfant)

        profil = json.loads(brut)
        parcourir(profil)
        return profil["latency"], sorted(trouves, reverse=True)


def _programme(nom: str) -> Path:
    return Path(sys.executable).with_name(nom)


def _est_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def duree_commune(intervalles: Iterable[tuple[float, float]]) -> float:
    """Seconds covered by intervals that may overlap."""
    total, fin = 0.0, float("-inf")
    for debut, terme in sorted(intervalles):
        total += max(0.0, terme - max(debut, fin))
        fin = max(fin, terme)
    return total


def par_couche(noeuds: list[tuple[str, str, float, float]], mesure: Mesure) -> list[tuple[str, int, float, float]]:
    """Name, nodes, seconds and peak memory (GiB) of each layer."""
    groupes = defaultdict(list)
    for nom, _, debut, fin in noeuds:
        groupes[nom].append((debut, fin))
    return [
        (
            nom, len(groupes[nom]), duree_commune(groupes[nom]),
            max((m for t, m in mesure.releves for d, f in groupes[nom] if d <= t <= f), default=0.0),
        )
        for nom in ORDRE
        if nom in groupes
    ]  # fmt: skip


def machine() -> str:
    """The machine, in one line."""
    modele = next(
        (x.split(":")[1].strip() for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")), ""
    )
    memoire = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} processeurs {modele}, {memoire:.0f} Gio, {platform.system()}, Python {platform.python_version()}, DuckDB {duckdb.__version__}"


def nombre(valeur: float, decimales: int = 1) -> str:
    """A number as one writes it in French."""
    return f"{valeur:,.{decimales}f}".replace(",", "\u202f").replace(".", ",")


def tableau(entetes: tuple[str, ...], lignes: list[tuple[str, ...]]) -> str:
    """A table in Markdown, its first column text and the others numbers."""
    traits = ("---", *["--:"] * (len(entetes) - 1))
    return "\n".join("| " + " | ".join(ligne) + " |" for ligne in (entetes, traits, *lignes))


@click.command()
@click.option("--echelle", default=280.0, show_default=True, help="Taille : 280 vaut 3 Go d'exports.")
@click.option("--dossier", type=click.Path(path_type=Path), help="Où écrire (15 Go à 280) ; par défaut un dossier temporaire.")
@click.option("--rapport", type=click.Path(path_type=Path), help="Fichier Markdown à écrire.")
def main(echelle: float, dossier: Path | None, rapport: Path | None) -> None:
    """Measure, print, and write the report."""
    console = Console()
    charge = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="socle-banc-", dir=dossier) as temporaire:
        racine = Path(temporaire)
        with console.status("Écriture des exports…"):
            entier, dixieme, vide = (
                Banc(racine / "entier", echelle),
                Banc(racine / "dixieme", echelle / 10),
                Banc(racine / "vide", 0.2),
            )
        with console.status("Lecture brute…"):
            plancher = min((entier.lire(":memory:") for _ in range(3)), key=lambda m: m.secondes)
            brut = entier.lire("brut.duckdb")
        with console.status("Démarrage et dixième…"):
            vide.construire()
            demarrage = vide.construire()
            fixe = demarrage.secondes
            analyse = vide.dbt("parse").secondes
            petit = dixieme.construire().secondes
        with console.status("Construction entière…"):
            modeles = entier.construire()
            noeuds = entier.noeuds()
        with console.status("Autres lectures…"):
            lectures = entier.dbt("run", "--select", "lectures")
        with console.status("Tests de données…"):
            tests = entier.dbt("test", "--exclude-resource-type", "unit_test")
            nb_tests = len(entier.noeuds())
        with console.status("Qualité et publication…"):
            suites = {"rapport de qualité": entier.socle("qualite"), "publication": entier.socle("publier")}
        lents = sorted(((fin - debut, nom, c) for c, nom, debut, fin in noeuds), reverse=True)[:15]
        with console.status("Profils…"):
            profils = [(d, nom, *entier.operateurs(nom)) for d, nom, c in lents if c not in ("staging", "seeds")][:6]
        volume, nb_fichiers = sum(f.stat().st_size for f in entier.fichiers), len(entier.fichiers)
        with console.status("La nuit suivante…"):
            nouveaux, lendemain = entier.ajouter_une_nuit()
            nuit = entier.construire(lendemain)
            nuit_tests = entier.dbt("test", "--exclude-resource-type", "unit_test", jour=lendemain)
        entrepot = (entier.sortie / "entrepot.duckdb").stat().st_size
        lac = sum(f.stat().st_size for f in (entier.sortie / "lac").rglob("*") if f.is_file())

    croissance = (modeles.secondes - fixe) / (petit - fixe)
    pic = max(m.memoire for m in (modeles, tests, nuit, *suites.values()))
    lignes = int(plancher.sortie)
    etages = [
        ("lecture brute, lignes comptées (plancher)", "", nombre(plancher.secondes), nombre(plancher.memoire), "1"),
        ("lecture brute, lignes rangées dans une table", "", nombre(brut.secondes), nombre(brut.memoire), nombre(brut.secondes / plancher.secondes)),
        *[(f"couche {nom}", str(nb), nombre(s), nombre(m), nombre(s / plancher.secondes)) for nom, nb, s, m in par_couche(noeuds, modeles)],
        ("modèles, tout compris", str(len(noeuds)), nombre(modeles.secondes), nombre(modeles.memoire), nombre(modeles.secondes / plancher.secondes)),
        ("tests de données", str(nb_tests), nombre(tests.secondes), nombre(tests.memoire), nombre(tests.secondes / plancher.secondes)),
        *[(nom, "", nombre(m.secondes), nombre(m.memoire), nombre(m.secondes / plancher.secondes)) for nom, m in suites.items()],
        ("modèles, une nuit plus tard", "", nombre(nuit.secondes), nombre(nuit.memoire), nombre(nuit.secondes / plancher.secondes)),
        ("tests de données, une nuit plus tard", "", nombre(nuit_tests.secondes), nombre(nuit_tests.memoire), nombre(nuit_tests.secondes / plancher.secondes)),
    ]  # fmt: skip
    rapports = [
        ("première construction, s de processeur", nombre(modeles.cpu, 0), f"≤ {nombre(CIBLES['processeur'], 0)}"),
        ("modèles / plancher", nombre(modeles.secondes / plancher.secondes), ""),
        ("modèles / lignes rangées dans une table", nombre(modeles.secondes / brut.secondes), f"≤ {nombre(CIBLES['modèles'])}"),
        ("nuit, s de processeur", nombre(nuit.cpu, 0), f"≤ {nombre(CIBLES['nuit, processeur'], 0)}"),
        ("nuit / première construction, processeur", nombre(nuit.cpu / modeles.cpu, 2), f"≤ {nombre(CIBLES['nuit'], 2)}"),
        ("démarrage (exports presque vides), s", nombre(fixe), f"≤ {nombre(CIBLES['démarrage'], 0)}"),
        ("démarrage, s de processeur", nombre(demarrage.cpu), ""),
        ("autres lectures (marts.lectures), s de processeur", nombre(lectures.cpu, 0), ""),
        ("tests de données / modèles", nombre(tests.secondes / modeles.secondes, 2), f"≤ {nombre(CIBLES['tests'], 2)}"),
        ("mémoire au plus haut, Gio", nombre(pic), f"≤ {nombre(CIBLES['mémoire'], 0)}"),
        ("dix fois les données, au-delà du démarrage", nombre(croissance), f"≤ {nombre(CIBLES['croissance'], 0)}"),
        ("analyse du projet par dbt, à chaud, s", nombre(analyse), f"< {nombre(CIBLES['analyse'], 0)}"),
    ]
    texte = "\n\n".join(
        [
            "# Grand GHT : dernière mesure",
            f"{datetime.now():%Y-%m-%d}, {machine()}, charge au départ {nombre(charge)}. Une seule exécution de "
            f"`benchmarks/grand_ght.py --echelle {echelle:g}` : les rapports se comparent, les secondes non.",
            f"Exports : {nb_fichiers} fichiers, {nombre(volume / 1e9, 2)} Go, {nombre(lignes, 0)} lignes, écrits en "
            f"{nombre(entier.ecriture.secondes)} s. Entrepôt : {nombre(entrepot / 1e9, 2)} Go ; lac : {nombre(lac / 1e9, 2)} Go. "
            f"Débit des modèles : {nombre(lignes / modeles.secondes, 0)} lignes/s ; {nombre(modeles.cpu)} s de processeur. "
            f"Démarrage (exports presque vides) : {nombre(fixe)} s ; dixième des données : {nombre(petit)} s. "
            f"Nuit : {nouveaux} fichiers de plus, un par flux et établissement.",
            tableau(("étape", "nœuds", "secondes", "mémoire (Gio)", "rapport au plancher"), etages),
            tableau(("rapport", "mesuré", "visé"), rapports),
            "## Nœuds les plus longs",
            tableau(("nœud", "couche", "secondes"), [(nom, c, nombre(d)) for d, nom, c in lents]),
            "## Où passe le temps des plus longues requêtes hors lecture (profil de DuckDB)",
            "\n".join(
                f"- {nom} ({nombre(d)} s, dont {nombre(seule)} s pour la requête seule, sans écrire la table) : "
                + " ; ".join(f"{op} {nombre(t, 2)} s" for t, op in operateurs[:4])
                for d, nom, seule, operateurs in profils
            ),
        ]
    )
    console.print(texte, highlight=False, markup=False, soft_wrap=True)
    if rapport:
        rapport.write_text(texte + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
