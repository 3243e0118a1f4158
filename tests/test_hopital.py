"""The first hour of a hospital whose exports look nothing like the contract, in the README's words; and that its own words for
the same activity give the same warehouse.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import duckdb
import pytest
from conftest import RACINE, SEUL_ENTREPOT, contenu, dbt, lire, socle

from socle.lecture import classeurs
from socle.lecture.contrat import Colonne, contrat
from socle.lecture.sql import texte_sql

EXPORTS = RACINE / "tests" / "hopital" / "exports"
FINESS = "010000001"
SANS_DATE = {"SOCLE_DATE_EXTRACTION": ""}


@pytest.fixture(scope="module")
def premiere_heure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder « zone » and « sortie » of a first hour; « dits.json » is what each command printed, with its status."""
    dossier = tmp_path_factory.mktemp("premiere_heure")
    zone, sortie = dossier / "zone", dossier / "sortie"
    depot = zone / FINESS
    depot.mkdir(parents=True)
    for fichier in EXPORTS.iterdir():
        shutil.copyfile(fichier, depot / fichier.name)
    dits: dict[str, tuple[int, str, str]] = {}

    def lancer(nom: str, *arguments: str) -> None:
        resultat = socle(zone, sortie, *arguments, **SANS_DATE)
        dits[nom] = (resultat.returncode, resultat.stdout, resultat.stderr)

    lancer("init", "init", "--finess", FINESS, "--depuis", *map(str, sorted(depot.glob("*.*"))))
    shutil.copytree(depot / "correspondances", dossier / "brouillons")
    lancer("avant", "verifier")
    # What only the hospital knows: a PDF has no CDA level.
    documents = depot / "correspondances" / "dpi.documents.csv"
    documents.write_text(documents.read_text(encoding="utf-8-sig").replace("PDF = ?", "PDF ="), encoding="utf-8")
    liste = zone / "etablissements.csv"
    liste.write_text(liste.read_text(encoding="utf-8").replace("À compléter", "Hôpital d’essai"), encoding="utf-8")
    lancer("verifier", "verifier", "--html", str(dossier / "page.html"))
    lancer("json", "verifier", "--json")
    lancer("run", *SEUL_ENTREPOT)
    (dossier / "dits.json").write_text(json.dumps(dits))
    return dossier


def dit(dossier: Path, nom: str) -> tuple[int, str]:
    code, sortie, erreurs = json.loads((dossier / "dits.json").read_text())[nom]
    assert "Traceback" not in erreurs
    return code, sortie + erreurs


def test_init_propose_ce_que_l_export_laisse_voir(premiere_heure: Path) -> None:
    code, affiche = dit(premiere_heure, "init")
    assert code == 0, affiche
    brouillons = {c.name: c.read_text(encoding="utf-8-sig") for c in (premiere_heure / "brouillons").iterdir()}
    assert set(brouillons) == {
        "gam.patients.csv", "gam.statuts_dmp.csv", "gam.venues.csv", "dpi.documents.csv", "dpi.transmissions_dmp.csv",
    }  # fmt: skip
    venues = brouillons["gam.venues.csv"]
    assert "fichiers;GAM_MVT_{JJ-MM-AAAA}.csv;" in venues
    assert "joindre refuf;REF_UF.csv;;uf responsable = code uf;" in venues
    assert "champ;refuf.activité;;CHI = MCO | CS = EXTERNE | MED = MCO | SSR = SMR | URG = URGENCES;" in venues
    assert "date_entree;date d'entrée + heure d'entrée;" in venues
    assert "mode_sortie;mode sortie;;8 = DOMICILE | 7 = TRANSFERT | 6 = MUTATION | 9 = DECES;" in venues
    assert "opposition_alimentation;opposition dmp;;X = oui | = non;" in brouillons["gam.statuts_dmp.csv"]
    assert "garder;envoi dmp le;" in brouillons["dpi.transmissions_dmp.csv"]
    # What is not known is asked, and said; what a patient is known by stays in the export.
    assert "PDF = ?" in brouillons["dpi.documents.csv"] and "valeurs à traduire (?) : niveau_cda" in affiche
    assert "finess_geo = 010000001" in affiche and "numerise = non" in affiche
    assert "00700001" not in "".join(brouillons.values())
    assert (premiere_heure / "zone" / "modeles" / "gam" / "venues_AAAAMMJJ.csv").read_text("utf-8-sig").startswith("iep;ipp;")
    assert not {
        c.stat().st_mode & 0o077 for c in (premiere_heure / "zone").rglob("*.csv") if c.parent.name == "correspondances"
    } - {0}


def test_init_ne_remplace_rien(premiere_heure: Path, tmp_path: Path) -> None:
    zone = tmp_path / "zone"
    shutil.copytree(premiere_heure / "zone", zone)
    avant = {c: c.read_bytes() for c in zone.rglob("*") if c.is_file()}
    resultat = socle(zone, tmp_path, "init", "--finess", FINESS, "--depuis", str(zone / FINESS / "identites_20231231.txt"))
    assert resultat.returncode == 0, resultat.stderr
    assert {c: c.read_bytes() for c in avant} == avant
    nouveaux = {c.name for c in zone.rglob("*") if c.is_file()} - {c.name for c in avant}
    assert nouveaux == {"gam.patients.identites_20231231.csv", "gam.statuts_dmp.identites_20231231.csv"}


def test_verifier_dit_ce_qui_reste_a_corriger(premiere_heure: Path) -> None:
    code, affiche = dit(premiere_heure, "avant")
    assert code == 1 and "1 point à corriger (✗)" in affiche
    assert "niveau_cda : dites ce que devient « PDF », donnez N1, N3, ou rien" in affiche
    code, affiche = dit(premiere_heure, "verifier")
    assert code == 0 and "Rien n’empêche « socle run »." in affiche, affiche
    assert "HOP’EN2, phase 1 : 6 de 9 calculables P1.O1 P1.O2.LDL P1.O2.ODS P1.O4 P1.O5 P1.O6" in affiche
    assert "Sans dpi/interventions ou pmsi/mco : ni P1.O3, DS1.3" in " ".join(affiche.split())
    page = premiere_heure / "page.html"
    assert page.stat().st_mode & 0o777 == 0o600 and "GED 2023-12.xlsx" in page.read_text(encoding="utf-8")
    code, affiche = dit(premiere_heure, "json")
    (ej,) = json.loads(affiche)["etablissements"]
    venues = ej["flux"]["gam/venues"]["fichiers"][0]
    assert (venues["nb_lues"], venues["nb_retenues"], venues["nb_ignorees"], venues["lecture"]) == (
        61, 60, 1, "Windows-1252, « ; », JJ/MM/AAAA",
    )  # fmt: skip
    assert [(j["colonne"], j["vers"], j["nb_sans"]) for j in ej["flux"]["dpi/documents"]["jointures"]] == [
        ("ipp", "gam/patients", 0),
        ("iep", "gam/venues", 0),
    ]
    assert {s["colonne"] for s in ej["valeurs_sures"]} >= {"numerise", "entete_structuree", "version"}


def test_les_premiers_indicateurs(premiere_heure: Path) -> None:
    code, affiche = dit(premiere_heure, "run")
    assert code == 0, affiche
    entrepot = premiere_heure / "sortie" / "entrepot.duckdb"
    indicateurs = lire(
        entrepot,
        "select indicateur, numerateur, denominateur from marts.indicateurs where axe = 'TOUS' and periode_debut = date '2023-11-01'"
        " and periode_fin = date '2023-11-30' and indicateur in ('P1.O1', 'P1.O4') order by 1",
    )
    assert indicateurs == attendus()
    # Each row knows its line of the hospital's file.
    ((ligne,),) = lire(entrepot, "select ligne_source % 10000000000 from staging.stg_gam__venues where iep = '23000001'")
    assert (EXPORTS / "GAM_MVT_31-12-2023.csv").read_text("cp1252").splitlines()[ligne - 1].startswith("23000001;")


def test_les_unites_d_un_taux_se_verifient_une_par_une(premiere_heure: Path) -> None:
    sortie = premiere_heure / "sortie"
    resultat = socle(premiere_heure / "zone", sortie, "selections", "p1.o2.ldl", "--mois", "2023-11", "--csv")
    assert resultat.returncode == 0, resultat.stderr
    ecrit = sortie / "selections" / "p1_o2_ldl_2023-11.csv"
    assert ecrit.stat().st_mode & 0o777 == 0o600 and ecrit.parent.stat().st_mode & 0o777 == 0o700
    unites = lignes(ecrit.read_text("utf-8-sig"), ";")
    attendues = lire(
        sortie / "entrepot.duckdb",
        "select unite_id, case when au_numerateur then 'oui' else 'non' end, etape, coalesce(document_id, '')"
        " from populations.pop_hopen2_p1_o2_lettre_liaison where periode_debut = date '2023-11-01'",
    )
    assert {(u["unite_id"], u["au_numerateur"], u["etape"], u["document_id"]) for u in unites} == set(attendues) and len(
        attendues
    ) > 2
    mouvements = {m["NO DOSSIER "]: m for m in lignes((EXPORTS / "GAM_MVT_31-12-2023.csv").read_text("cp1252"), ";")}
    for unite in unites:
        mouvement = mouvements[unite["iep"]]
        assert (unite["ipp"], unite["uf"]) == (mouvement["NIP"], mouvement["UF responsable"].strip())
        assert jour(mouvement["Date d'entrée"]) == unite["date_entree"].replace("-", "")
    affiche = socle(premiere_heure / "zone", sortie, "selections", "P1.O2.LDL", "--finess", FINESS, "--mois", "2023-11").stdout
    assert f"{len(unites)}\u00a0unités, dont {sum(u['au_numerateur'] == 'oui' for u in unites)} au numérateur" in affiche
    faux = socle(premiere_heure / "zone", sortie, "selections", "P1.O2.LDD")
    assert faux.returncode == 1 and "proches : P1.O2.LDL" in faux.stderr
    faux = socle(premiere_heure / "zone", sortie, "selections", "P1.O1", "--finess", "999999999")
    assert faux.returncode == 1 and "Établissement 999999999 inconnu : choisissez parmi 010000001" in faux.stderr


def attendus() -> list[tuple[str, int, int]]:
    """The rates of November, counted by hand on the exports themselves."""
    mouvements = lignes((EXPORTS / "GAM_MVT_31-12-2023.csv").read_text("cp1252"), ";")[:-1]
    patients = {p["NIP"]: p for p in lignes((EXPORTS / "identites_20231231.txt").read_text("utf-8"), "\t")}
    activites = {u["Code UF"]: u["Activité"] for u in lignes((EXPORTS / "REF_UF.csv").read_text("utf-8-sig"), ",")}
    with duckdb.connect(":memory:") as moteur:
        moteur.execute(f"load {texte_sql(classeurs.extension())}")
        documents = moteur.execute(
            f"""select "Dossier", "Type" from read_xlsx({texte_sql(EXPORTS / "GED 2023-12.xlsx")}, all_varchar = true)
            where "Format" = 'CDA N1' and "INS qualifiée ?" = 'Oui' and "Retour DMP" = 'Acquitté'"""
        ).fetchall()
    vus = {m["NIP"] for m in mouvements if jour(m["Date d'entrée"]) <= "20231130" and jour(m["Date de sortie"]) >= "20231101"}
    qualifies = {nip for nip in vus if patients[nip]["QUALIF"] == "Q" and patients[nip]["MATRICULE INS"]}
    consultations = {
        m["NO DOSSIER "]
        for m in mouvements
        if activites[m["UF responsable"].strip()] == "CS"
        and m["Facturé"] == "O"
        and jour(m["Date d'entrée"])[:6] == "202311"
        and patients[m["NIP"]]["DMP"] == "Existe"
        and not patients[m["NIP"]]["OPPOSITION DMP"]
    }
    alimentees = {dossier for dossier in consultations if (dossier, "CRC") in documents}
    assert vus and qualifies and consultations
    return [("P1.O1", len(qualifies), len(vus)), ("P1.O4", len(alimentees), len(consultations))]


def lignes(texte: str, delimiteur: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(texte, newline=""), delimiter=delimiteur))


def jour(texte: str) -> str:
    return "".join(reversed(texte.split("/")))


def reecrire(exports: Path, vers: Path) -> int:
    """Copy a landing zone as a hospital with words of its own would send it: other names of files and columns, other codes, dates
    the French way, the hour in another column; a correspondence per flux tells them.

    Returns:
        files that are no longer those of the contract.
    """
    nb = 0
    fichiers = sorted(c for c in exports.rglob("*") if c.is_file())
    # The files of a flux keep their order, all or none.
    laisses = {flux_de(c) for c in fichiers if c.suffix != ".csv" or b'"' in c.read_bytes()}
    for chemin in fichiers:
        relatif, flux, octets = chemin.relative_to(exports), flux_de(chemin), chemin.read_bytes()
        place = vers / relatif
        place.parent.mkdir(parents=True, exist_ok=True)
        trouve = re.fullmatch(r"([a-z_]+)_([0-9]{8})(.*)[.]csv", relatif.name)
        if not trouve or flux not in contrat() or flux in laisses:
            shutil.copyfile(chemin, place)
            continue
        nb += 1
        source, _, nom = flux.partition("/")
        texte = octets.decode("utf-8-sig" if est_utf8(octets) else "cp1252")
        delimiteur = max(";,\t|", key=texte.splitlines()[0].count)
        rangs, *corps = [ligne.split(delimiteur) for ligne in texte.splitlines()]
        colonnes = {c.nom: c for c in contrat()[flux]}
        noms = []
        for lue in rangs:
            rang = list(colonnes).index(lue) if lue in colonnes else 99
            noms += [f"Zone N° {rang} été"] + [f"H{rang}"] * (lue in colonnes and colonnes[lue].type == "timestamp")
        ecrites = [delimiteur.join(noms)]
        for ligne in corps:
            champs = [champ for lue, valeur in zip(rangs, ligne, strict=False) for champ in autrement(colonnes.get(lue), valeur)]
            ecrites.append(delimiteur.join(champs + ligne[len(rangs) :]))
        jour_ecrit = f"{trouve[2][6:]}-{trouve[2][4:6]}-{trouve[2][:4]}"
        (place.parent / f"X_{nom}_{jour_ecrit}{trouve[3]}.csv").write_text(
            "\n".join(ecrites) + "\n", encoding="cp1252", errors="strict"
        )
        regles = vers / relatif.parts[0] / "correspondances" / f"{source}.{nom}.csv"
        regles.parent.mkdir(exist_ok=True)
        if not regles.exists():
            regles.write_text(regles_de(f"{source}/X_{nom}_{{JJ-MM-AAAA}}*.csv", colonnes), encoding="cp1252")
    return nb


def autrement(colonne: Colonne | None, valeur: str) -> list[str]:
    """A value of the contract in the words of the hospital; what the contract does not admit stays as it is."""
    if colonne and colonne.valeurs and valeur in colonne.valeurs:
        return [f" c{colonne.valeurs.index(valeur)} "]
    if colonne and colonne.type == "boolean":
        return [{"true": "V", "false": "F"}.get(valeur, valeur)]
    if colonne and colonne.type in ("date", "timestamp"):
        ecrit = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[ T]([0-9]{2}):([0-9]{2}):([0-9]{2}))?", valeur)
        date_ecrite = f"{ecrit[3]}/{ecrit[2]}/{ecrit[1]}" if ecrit else valeur
        heure = f"{ecrit[4]}{ecrit[5]}{ecrit[6]}" if ecrit and ecrit[4] else ""
        return [date_ecrite] + [heure] * (colonne.type == "timestamp")
    return [valeur]


def regles_de(motif: str, colonnes: dict[str, Colonne]) -> str:
    lignes_ecrites = ["colonne;source;valeurs", f"fichiers;{motif};"]
    for rang, colonne in enumerate(colonnes.values()):
        source = f"ZONE n° {rang} ETE" + f" + H{rang}" * (colonne.type == "timestamp")
        valeurs = " | ".join(f"c{n} = {valeur}" for n, valeur in enumerate(colonne.valeurs))
        lignes_ecrites.append(f"{colonne.nom};{source};{'V = oui | F = non' if colonne.type == 'boolean' else valeurs}")
    return "\n".join(lignes_ecrites) + "\n"


def flux_de(chemin: Path) -> str:
    """Flux of a file of the contract by its place and name, whatever its form."""
    return f"{chemin.parent.name}/{re.sub('_[0-9]{8}.*', '', chemin.name)}"


def est_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


PROPRES_AUX_FICHIERS = {
    "depot.fichiers", "staging.stg_reference__fichiers", "depot.rejets",
}  # fmt: skip


def test_les_mots_de_l_hopital_donnent_le_meme_entrepot(exports_demo: Path, entrepot_demo: Path, tmp_path: Path) -> None:
    assert reecrire(exports_demo, tmp_path / "exports") > 50
    # What follows reads nothing else.
    lus = "+path:models/staging +intermediate.interfaces +qualite.fichiers +qualite.rejets"
    dbt(
        tmp_path / "exports",
        tmp_path / "sortie",
        "build",
        "--exclude-resource-type",
        "unit_test",
        "test",
        "--select",
        *lus.split(),
    )
    sien, commun = (
        contenu(entrepot, ("depot", "staging")) for entrepot in (tmp_path / "sortie" / "entrepot.duckdb", entrepot_demo)
    )
    assert sien.keys() == commun.keys()
    differents = [nom for nom in commun if sien[nom] != commun[nom] and nom not in PROPRES_AUX_FICHIERS]
    assert not differents
    requete = (
        "select r.flux, r.ligne, r.motif, split_part(r.colonne, ' ', 1) from qualite.rejets as r where flux not like 'correspondances/%'"
        " order by all"
    )
    assert lire(tmp_path / "sortie" / "entrepot.duckdb", requete) == lire(entrepot_demo, requete)
    comptes = (
        "select flux, rang, nb_lues, nb_retenues, nb_remplacees, nb_rejetees, nb_ignorees from staging.stg_reference__fichiers"
        " where flux not like 'correspondances/%' order by all"
    )
    assert lire(tmp_path / "sortie" / "entrepot.duckdb", comptes) == lire(entrepot_demo, comptes)
