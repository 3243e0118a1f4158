"""Time and memory of reading HL7 messages: ``python benchmarks/hl7.py [--adt 100000] [--mdm 5000] [--corps 200000]``.

Writes synthetic messages in a temporary landing zone, brings a lake up to date with them, builds with dbt the models that
resolve them, and prints the seconds of both and the peak memory of the build. Nothing is asserted: the aims are printed beside.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

import click

from socle.lecture.depot import mettre_a_jour

RACINE = Path(__file__).resolve().parents[1]
EJ = "010000001"
DEBUT = datetime(2023, 1, 1, 8)

CDA = """<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3.{n}"/>
<code code="11490-0" codeSystem="2.16.840.1.113883.6.1"/><effectiveTime value="{jour}"/><setId root="1.2.4.{n}"/>
<versionNumber value="1"/><recordTarget><patientRole><id root="1.2.250.1.213.1.4.8" extension="{ins}"/></patientRole>
</recordTarget><component><nonXMLBody><text mediaType="application/pdf" representation="B64">{pdf}</text></nonXMLBody>
</component></ClinicalDocument>"""


def _instant(n: int) -> str:
    return (DEBUT + timedelta(minutes=5 * n)).strftime("%Y%m%d%H%M%S")


def _ins(n: int) -> str:
    return f"1{n:014d}"


def _pid(n: int) -> str:
    return (
        f"PID|1||P{n:08d}^^^CHX&1.2.3&ISO^PI~{_ins(n)}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS||A^B^^^^^L||"
        f"19500101|F||||||||||N{n:08d}^^^CHX&1.2.3&ISO^AN||||||||||||||VALI"
    )


def adt(n: int) -> str:
    """Give an admission (even rank) or the discharge of the same venue (odd rank)."""
    sejour, entree = n // 2, n % 2 == 0
    evenement, quand = ("A01", _instant(n)) if entree else ("A03", _instant(n + 500))
    segments = [
        f"MSH|^~\\&|GAM|CHX|DPI|CHX|{quand}||ADT^{evenement}^ADT_A01|{n}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11",
        f"EVN||{quand}||||{quand}",
        _pid(sejour),
        f"PV1|1|I|3001^^^CHX&{EJ}&M||||||||||||||||V{sejour:08d}^^^CHX&1.2.3&ISO^VN" + "|" * 32 + "V",
        f"ZBE|{n}^CHX|{quand}||INSERT|N||^^^^^CHX&1.2.3&N^UF^^^3001|^^^^^CHX&1.2.3&N^UF^^^3001|HMS",
        f"ZFA|ACTIF|{quand}|||||||INO|{quand}|IC|{quand}",
        "ZFM|8|8||",
    ]
    return "\r".join(segments) + "\r"


def mdm(n: int, corps: int) -> str:
    """Give the transmission of a discharge letter whose base64 body has about `corps` characters."""
    quand = _instant(n)
    pdf = base64.b64encode(os.urandom(max(0, corps * 9 // 16 - 400))).decode()
    document = base64.b64encode(CDA.format(n=n, jour=quand, ins=_ins(n), pdf=pdf).encode()).decode()
    segments = [
        f"MSH|^~\\&|DPI|CHX|PFI|CHX|{quand}||MDM^T02^MDM_T02|{n}|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2",
        f"EVN||{quand}",
        _pid(n),
        f"PV1|1|I|||||||||||||||||V{n:08d}^^^CHX&1.2.3&ISO^VN",
        "ORC|NW|",
        "OBR|1|||11490-0^LDL^LN|",
        f"TXA|1|11490-0|TEXT|{quand}||||||||1.2.3.{n}|||||AU",
        f"OBX|1|ED|11490-0^LDL^LN||^text^XML^Base64^{document}||||||F|",
        "PRT||UC||RCT^^participation|801234567897^A^B^^^^^^X&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS||||||||||"
        "^^X.400^a.b@chx.mssante.fr",
        "OBX|2|CWE|DESTDMP^Destinataire DMP^MetaDMPMSS||Y^^expandedYes-NoIndicator||||||F|",
        "OBX|3|CWE|DESTMSSANTEPS^Destinataire PS^MetaDMPMSS||Y^^expandedYes-NoIndicator||||||F|",
        "OBX|4|CWE|ACK_RECEPTION^Accusé^MetaDMPMSS||Y^^expandedYes-NoIndicator||||||F|",
    ]
    return "\r".join(segments) + "\r"


def _ecrire(dossier: Path, messages: object, nb_fichiers: int, nb: int) -> int:
    dossier.mkdir(parents=True)
    taille = 0
    for rang in range(nb_fichiers):
        with open(dossier / f"archive_{rang:04d}.hl7", "w", encoding="utf-8", newline="") as sortie:
            for n in range(rang, nb, nb_fichiers):
                taille += sortie.write(messages(n))  # type: ignore[operator]
    return taille


def _construire(depot: Path, sortie: Path, cible: Path, selection: str) -> tuple[dict[str, float], float]:
    sortie.mkdir(exist_ok=True)
    shutil.copyfile(RACINE / "profiles.yml.example", sortie / "profiles.yml")
    environnement = os.environ | {
        "PYTHONPATH": str(RACINE), "SOCLE_EXPORTS": str(depot), "SOCLE_SORTIE": str(sortie), "DBT_PROFILES_DIR": str(sortie),
        "DBT_LOG_PATH": str(sortie / "logs"), "SOCLE_DATE_EXTRACTION": "2024-12-31", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "SOCLE_THREADS": "2",
    }  # fmt: skip
    subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "build", "-q", "--select", *selection.split()),
            *("--exclude-resource-type", "unit_test", "test", "--target-path", cible),
        ],
        cwd=RACINE, env=environnement, check=True,
    )  # fmt: skip
    resultats = json.loads((cible / "run_results.json").read_text())
    temps = {r["unique_id"].split(".")[2]: r["execution_time"] for r in resultats["results"] if "model." in r["unique_id"]}
    return temps, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


@click.command()
@click.option("--adt", "nb_adt", default=100_000, show_default=True, help="Nombre de messages ADT.")
@click.option("--mdm", "nb_mdm", default=5_000, show_default=True, help="Nombre de messages MDM.")
@click.option("--corps", default=200_000, show_default=True, help="Caractères base64 du corps d'un document.")
@click.option("--fichiers", default=4, show_default=True, help="Nombre de fichiers d'archive par flux.")
@click.option("--cible", type=click.Path(path_type=Path), help="Dossier où dbt garde ce qu'il a lu du projet.")
def principal(nb_adt: int, nb_mdm: int, corps: int, fichiers: int, cible: Path | None) -> None:
    """Measure the reading of HL7 messages."""
    with tempfile.TemporaryDirectory() as provisoire:
        _mesurer(nb_adt, nb_mdm, corps, fichiers, (cible or Path(provisoire)).resolve())


def _mesurer(nb_adt: int, nb_mdm: int, corps: int, fichiers: int, cible: Path) -> None:
    for nom, nb, objectif, message, flux in (
        ("ADT", nb_adt, 20, adt, "gam"),
        ("MDM", nb_mdm, 60, lambda n: mdm(n, corps), "dpi"),
    ):
        if not nb:
            continue
        with tempfile.TemporaryDirectory() as dossier:
            depot = Path(dossier) / "exports"
            taille = _ecrire(depot / EJ / flux / "hl7", message, fichiers, nb)
            entete = "finess_ej;raison_sociale;ght;chirurgie;ace;laboratoire_interne;imagerie_interne;had"
            (depot / "etablissements.csv").write_text(f"{entete}\n{EJ};CH;GHT;true;true;true;true;true\n")
            debut, processeur = perf_counter(), process_time()
            mettre_a_jour(depot, Path(dossier) / "lac", relire=True, variables={}, dire=lambda mot: None)
            lecture, processeur = perf_counter() - debut, process_time() - processeur
            selection = "+int_gam_patients +int_gam_venues" if flux == "gam" else "+int_dpi_documents"
            modeles, memoire = _construire(depot, Path(dossier) / "sortie", cible, selection)
            click.echo(
                f"{nb} messages {nom}, {taille / 1e6:.0f} Mo : {lecture + sum(modeles.values()):.1f} s (objectif {objectif} s), "
                f"mémoire maximale {memoire:.0f} Mo — lac {lecture:.1f} s ({processeur:.1f} s de processeur), "
                + ", ".join(f"{m} {t:.1f} s" for m, t in modeles.items() if t > 0.2)
            )


if __name__ == "__main__":
    principal()
