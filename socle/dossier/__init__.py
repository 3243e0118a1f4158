"""The dossier to attach in oSIS: a PDF that justifies the figures, and a zip with what lets anyone compute them again."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import asdict
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from socle import sorties
from socle.dossier.contenu import Contenu, composer, typographier
from socle.dossier.sql import ancetres, construction
from socle.parametres import ErreurSocle, dire_la_memoire, raison
from socle.resultats.programmes import code_de
from socle.versions import versions


@dire_la_memoire
def ecrire(entrepot: Path, sortie: Path, finess: str, programme: str, mois: date | None) -> list[Path]:
    """Write the dossier of an establishment and programme, for a month or for the period on which each indicator is judged.

    Args:
        entrepot: DuckDB file of the build.
        sortie: output folder of that build; its ``dbt/manifest.json`` holds the compiled SQL, and the dossier goes to
            ``dossiers/``.
        finess: FINESS number of the entité juridique.
        programme: its code, as `socle.resultats.programmes.code_de` reads it.
        mois: any day of the month; None for the period on which each indicator is judged.

    Returns:
        Path of the PDF, path of the zip.

    Raises:
        ErreurSocle: unknown establishment or programme, month without any measure, no warehouse, no compiled SQL.
    """
    manifeste = sortie / sorties.DBT / "manifest.json"
    contenu = composer(
        entrepot,
        finess,
        code_de(programme),
        mois and mois.replace(day=1),
        produit_le=datetime.now().astimezone(),
        construction=construction(manifeste),
        versions=versions(),
    )
    sql = ancetres(manifeste, [i.population for i in contenu.indicateurs] + contenu.tables)
    dossier = sortie / sorties.DOSSIERS
    nom = (
        f"{contenu.etablissement.finess}_{contenu.programme.code.lower()}_{mois.strftime('%Y-%m') if mois else 'meilleurs_mois'}"
    )
    pdf = _pdf(contenu, sorted(sql))
    pieces = {
        f"{nom}.pdf": pdf,
        "LISEZMOI.txt": _lisezmoi(contenu).encode(),
        "resultats.csv": _csv(contenu.lignes_csv),
        "entonnoirs.csv": _csv(contenu.entonnoirs_csv),
        "empreintes.csv": _csv([asdict(f) for f in contenu.fichiers]),
        "versions.json": json.dumps(contenu.provenance, ensure_ascii=False, indent=1).encode(),
        **{chemin: texte.encode() for chemin, texte in sql.items()},
    }
    with sorties.preparation(sortie) as prepare:
        nouveau = prepare / sorties.DOSSIERS
        nouveau.mkdir()
        try:
            (nouveau / f"{nom}.pdf").write_bytes(pdf)
            (nouveau / f"{nom}.zip").write_bytes(_zip(pieces, contenu.produit_le))
            sorties.mettre_en_place(prepare, sortie, (sorties.DOSSIERS,))
        except OSError as erreur:
            raise ErreurSocle(
                f"{dossier / nom} ne peut pas être écrit ({raison(erreur)}) : libérez de la place ou vérifiez les droits."
            ) from None
    return [dossier / f"{nom}.pdf", dossier / f"{nom}.zip"]


def _pdf(contenu: Contenu, sql: list[str]) -> bytes:
    donnees = typographier(contenu.pour_le_pdf() | {"sql": sql})
    gabarit = files("socle.dossier").joinpath("dossier.typ").read_bytes()
    try:
        # The fonts of the wheel only: the same PDF on every machine, and nothing to fetch.
        return typst.compile(
            gabarit,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"donnees": json.dumps(donnees, ensure_ascii=False)},
            pdf_standards=["a-2a"],
            timestamp=int(contenu.produit_le.timestamp()),
        )
    except typst.TypstError as erreur:
        raise ErreurSocle(
            f"Le PDF du dossier n’a pas pu être composé ({erreur}) : signalez-le avec le programme et le mois."
        ) from erreur


def _csv(lignes: list[dict[str, Any]]) -> bytes:
    texte = io.StringIO()
    if lignes:
        ecrivain = csv.DictWriter(texte, lignes[0], delimiter=";", lineterminator="\r\n")
        ecrivain.writeheader()
        ecrivain.writerows(lignes)
    # With a byte order mark, Excel reads the accents.
    return texte.getvalue().encode("utf-8-sig")


def _zip(pieces: dict[str, bytes], instant: datetime) -> bytes:
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as archive:
        for chemin, contenu in pieces.items():
            entree = zipfile.ZipInfo(chemin, instant.timetuple()[:6])
            entree.compress_type = zipfile.ZIP_DEFLATED
            entree.external_attr = 0o644 << 16
            archive.writestr(entree, contenu)
    return tampon.getvalue()


def _lisezmoi(contenu: Contenu) -> str:
    return f"""Dossier justificatif oSIS
{contenu.etablissement.nom} (FINESS {contenu.etablissement.finess}), {contenu.programme.libelle}, {contenu.nom_mois}

*.pdf            à joindre dans oSIS : champs à saisir, calcul de chaque indicateur, notion de séjour, documents
resultats.csv    numérateurs, dénominateurs, taux, cibles et chiffres nationaux du mois
entonnoirs.csv   étape atteinte par les unités du dénominateur
empreintes.csv   fichiers lus, leur taille et leur empreinte SHA-256
versions.json    versions, révision, dates et lectures réglables
sql/             requêtes exécutées : la population de chaque indicateur, son calcul, et tout ce dont ils dépendent
referentiels/    listes de codes que ces requêtes lisent

Pour refaire le calcul, vérifiez d'abord que les empreintes sont celles de vos fichiers.
Rien ici n'identifie un patient, un séjour ou un document.
"""
