"""Exports that look nothing like the contract: what a correspondence makes of them, and what a wrong or hostile one may not do."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tables_du_contrat
from conftest import EJ, RACINE, ecrire_zone

from socle.lecture import classeurs
from socle.lecture.correspondances import CorrespondanceInvalide, date_du_nom, lire_correspondance
from socle.lecture.depot import mettre_a_jour
from socle.lecture.extraction import jour_d_extraction
from socle.lecture.sql import texte_sql

ENTETE = "colonne;source;constante;valeurs;forme;commentaire\n"
VENUES = (
    "fichiers;{motif}\niep;NUM_DOSSIER\nipp;N° Patient\nfiness_geo;;010000001\nchamp;TYPE;;M = MCO | S = SMR | * = EXTERNE\n"
    "date_entree;DT_ENT\n"
)
EXPORT = "NUM_DOSSIER;N° PATIENT;TYPE;DT_ENT\nV1;P1;M;18/11/2023\n"

Lire = Callable[..., dict[str, list[tuple]]]


@pytest.fixture
def lire_zone(tmp_path: Path) -> Lire:
    """Reads files of one EJ, and gives the rows of what is asked for."""

    def lire(fichiers: dict[str, str | bytes], /, **requetes: str) -> dict[str, list[tuple]]:
        exports = ecrire_zone(tmp_path / "exports", {f"{EJ}/{nom}": contenu for nom, contenu in fichiers.items()}, (EJ,))
        vues = mettre_a_jour(exports, tmp_path / "lac", False, {"pmsi_part_cumulative": 0.5}, lambda mot: None)
        with duckdb.connect(":memory:") as moteur:
            for vue in vues:
                moteur.execute(vue)
            return {nom: moteur.execute(requete).fetchall() for nom, requete in requetes.items()}

    return lire


def correspondance(lignes: str, motif: str = "GAM_*.csv") -> str:
    return ENTETE + lignes.replace("{motif}", motif)


def erreur(dossier: Path, lignes: str, nom: str = "gam.venues.csv") -> str:
    """What is said of a correspondence that is wrong, in one line."""
    (dossier / nom).write_text(lignes, encoding="utf-8")
    with pytest.raises(CorrespondanceInvalide) as faute:
        lire_correspondance(dossier / nom, nom)
    assert "\n" not in str(faute.value)
    return str(faute.value)


def test_un_export_au_vocabulaire_de_l_hopital(lire_zone: Lire) -> None:
    regles = correspondance(
        """# Les mouvements de la GAM
fichiers;MVT/GAM_MVT_{JJ-MM-AAAA}*.csv;;;;
joindre uf;REF_UF*.csv;;CD_UF = CODE;;
joindre pole;POLES.csv;;uf.POLE = N;;
ecarter;Statut;;A | TEST*;;
garder;num dossier;;;;
iep;NUM_DOSSIER;;;;le numéro du dossier
ipp;"N° Patient";;;;
finess_geo;SITE;010000001;NORD = 010000002;;
champ;uf.DISCIPLINE;;M = MCO | S = SMR | "A|B" = HAD | ENT* = EXTERNE;;
mode_hospitalisation;TYPE | pole.TYPE;;HC = COMPLETE | HP = PARTIELLE | * = ;;
uf;CD_UF;;;;
date_entree;DT_ENT + HR_ENT;;;;
date_sortie;Date de sortie;;;JJ/MM/AAAA HHMM;
facturation_ace;FACT;;;;
nb_seances;;1;;;
"""
    )
    export = (
        "NUM_DOSSIER;N° PATIENT;TYPE;SITE;CD_UF;DT_ENT;HR_ENT;DATE  DE SORTIE;FACT;STATUT\n"
        " 001 ;P1;HC;NORD;10 ;18/11/2023;0930;20/11/2023 0005;O;V\n"  # line 2
        "002;P1;;;20;18/11/2023;9h30;20/11/2023 5;Non;V\n"
        "003;P2;XX;;30;18.11.2023;;20/11/2023;;V\n"
        "004;P2;HC;;10;18/11/2023;9:05;;;A\n"  # left out
        "005;P2;HC;;10;18/11/2023;9:05;;;TEST 2\n"  # left out
        ";P2;HC;;10;18/11/2023;9:05;;;V\n"  # left out: nothing to know it by
        "006;;HC;;10;18/11/2023;;;;V\n"  # line 8
        "007;P3;HC;;10;45/11/2023;;;;V\n"
        "008;P3;HC;;10;2023-11-18;23:59;2023-11-19 0100;;V\n"  # the other form than the one that is told
        "009;P3;HC;SUD;10;20231118;;31/12/2999 0000;oui;V\n"  # line 11: no value tells SUD
        "010;P3;HC;;99;18/11/2023;;;;V\n"  # no such UF
        "011;P3;HC;;40;18/11/2023;;31/12/2999;;V\n"
        "x;y\n"
    ).encode("cp1252")
    lues = lire_zone(
        {
            "correspondances/gam.venues.csv": regles.encode("cp1252"),
            "MVT/GAM_MVT_31-12-2023_v2.csv": export,
            "autre/GAM_MVT_31-12-2023.csv": "rien\n",
            "REF_UF_20230101.csv": "CODE;DISCIPLINE;POLE\n10;PSY;1\n",
            "REF_UF_20231231.csv": "CODE\tDiscipline\tPole\n10\tZ\t1\n20\tS\t2\n30\tENT2\t\n10\tM\t1\n40\tA|B\t2\n",
            "POLES.csv": "N;TYPE\n1;HC\n2;HP\n",
        },
        venues="select iep, ipp, finess_geo, champ, mode_hospitalisation, uf, cast(date_entree as varchar), cast(date_sortie as varchar),"
        " facturation_ace, nb_seances, ligne_source % 10000000000, cast(extrait_le as varchar) from depot.gam_venues order by iep",
        rejets="select ligne, motif, colonne, valeur, autres_fautes from depot.rejets order by ligne",
        comptes="select fichier, etat, nb_lues, nb_retenues, nb_remplacees, nb_rejetees, nb_ignorees from depot.fichiers"
        " where flux is null or flux not like 'reference/%' order by fichier",
    )
    jour = "2023-12-31"
    assert lues["venues"] == [
        ("001", "P1", "010000002", "MCO", "COMPLETE", "10", "2023-11-18 09:30:00", "2023-11-20 00:05:00", True, 1, 2, jour),
        ("002", "P1", "010000001", "SMR", "PARTIELLE", "20", "2023-11-18 09:30:00", "2023-11-20 00:05:00", False, 1, 3, jour),
        ("003", "P2", "010000001", "EXTERNE", None, "30", "2023-11-18 00:00:00", "2023-11-20 00:00:00", None, 1, 4, jour),
        ("011", "P3", "010000001", "HAD", "COMPLETE", "40", "2023-11-18 00:00:00", None, None, 1, 13, jour),
    ]
    assert lues["rejets"] == [
        (8, "OBLIGATOIRE_VIDE", "ipp ← N° Patient", None, None),
        (9, "TYPE_ILLISIBLE", "date_entree ← DT_ENT + HR_ENT", "45/11/2023", None),
        (10, "TYPE_ILLISIBLE", "date_sortie ← Date de sortie", "2023-11-19 0100", None),
        (11, "HORS_VALEURS", "finess_geo ← SITE", "SUD", None),
        (12, "OBLIGATOIRE_VIDE", "champ ← uf.DISCIPLINE", None, None),
        (14, "NOMBRE_DE_CHAMPS", None, None, None),
    ]
    assert lues["comptes"] == [
        (f"{EJ}/MVT/GAM_MVT_31-12-2023_v2.csv", "LISIBLE", 13, 4, 0, 6, 3),
        (f"{EJ}/POLES.csv", "LISIBLE", 2, 2, 0, 0, 0),
        (f"{EJ}/REF_UF_20230101.csv", "FICHIER_INCONNU", None, None, None, None, None),
        (f"{EJ}/REF_UF_20231231.csv", "LISIBLE", 5, 5, 0, 0, 0),
        (f"{EJ}/autre/GAM_MVT_31-12-2023.csv", "FICHIER_INCONNU", None, None, None, None, None),
        (f"{EJ}/correspondances/gam.venues.csv", "LISIBLE", 16, 16, 0, 0, 0),
    ]


def test_deux_logiciels_et_un_fichier_pour_deux_flux(lire_zone: Lire) -> None:
    """Two correspondences feed one flux, one file feeds two; the latest extraction wins, whatever gives it."""
    patients = (
        "fichiers;GAM_*.csv\nipp;IPP\nstatut_identite;ST;;V = VALIDEE | * = RECUPEREE | = PROVISOIRE\nidentite_douteuse;;non\nidentite_fictive;;non\n"
        "date_naissance;NE_LE\n"
    )
    urgences = "fichiers;*URG*.csv\niep;PASSAGE\nipp;IPP\nfiness_geo;;010000001\nchamp;;URGENCES\ndate_entree;ARRIVEE\n"
    lues = lire_zone(
        {
            "correspondances/gam.patients.csv": ENTETE + patients,
            "correspondances/gam.venues.csv": correspondance(VENUES.replace("N° Patient", "IPP")),
            "correspondances/gam.venues.urgences.csv": ENTETE + urgences,
            "a/GAM_20231130.csv": "NUM_DOSSIER;IPP;TYPE;DT_ENT;ST;NE_LE\nV1;P1;M;18/11/2023;V;01/02/1950\nV2;P1;X;19/11/2023;V;01/02/1950\n",
            "a/GAM_20231231.csv": "NUM_DOSSIER;IPP;TYPE;DT_ENT;ST;NE_LE\nV1;P1;S;18/11/2023;;01/02/1950\n",
            "b/export urg 2023-12.csv": "PASSAGE,IPP,ARRIVEE\nU1,P2,2023-12-01T08:00:00Z\n",
            "gam/venues_20231201.csv": f"iep;ipp;finess_geo;champ;date_entree\nV9;P9;{EJ};MCO;2023-12-01\n",
        },
        venues="select iep, champ, cast(date_entree as varchar), cast(extrait_le as varchar) from depot.gam_venues"
        " anti join depot.gam_venues_remplacees using (ligne_source) order by iep",
        patients="select ipp, statut_identite from depot.gam_patients anti join depot.gam_patients_remplacees using (ligne_source)",
        ages="select count(*) - count(distinct (flux, rang)) from depot.fichiers where flux is not null",
    )
    assert lues["venues"] == [
        ("U1", "URGENCES", "2023-12-01 09:00:00", "2023-12-31"),
        ("V1", "SMR", "2023-11-18 00:00:00", "2023-12-31"),
        ("V2", "EXTERNE", "2023-11-19 00:00:00", "2023-11-30"),
        ("V9", "MCO", "2023-12-01 00:00:00", "2023-12-01"),
    ]
    assert lues["patients"] == [("P1", "PROVISOIRE")] and lues["ages"] == [(0,)]


def classeur(requete: str, chemin: Path, feuille: str = "Feuil1") -> bytes:
    """A workbook whose sheet holds the rows of a query."""
    with duckdb.connect(":memory:") as moteur:
        moteur.execute(f"load {texte_sql(classeurs.extension())}")
        moteur.execute(f"copy ({requete}) to {texte_sql(chemin)} (format xlsx, header true, sheet {texte_sql(feuille)})")
    return chemin.read_bytes()


def test_un_classeur_et_un_parquet(lire_zone: Lire, tmp_path: Path) -> None:
    requete = (
        "select * from (values ('001', 'P\"1', 'M', timestamp '2023-11-18 09:30:00', date '2023-11-18', time '09:05:00'),"
        " (null, null, null, null, null, null), ('002', 'P\n2', 'S', null, date '2023-12-31', null))"
        ' t("N° dossier", ipp, type, "Entrée le", jour, heure)'
    )
    tableau = pa.table({"ligne": ["003"], "fichier": [7.0], "Type": ["M"], "entree": [datetime(2023, 1, 2, 3, 4)]})
    tampon = io.BytesIO()
    pq.write_table(tableau, tampon)
    regles = "fichiers;*.xlsx\nfeuille;Séjours\niep;N° dossier\nipp;IPP\nfiness_geo;;010000001\nchamp;type;;M = MCO | S = SMR\n"
    lues = lire_zone(
        {
            "correspondances/gam.venues.csv": ENTETE + regles + "date_entree;Entrée le | JOUR + HEURE\n",
            "correspondances/gam.venues.parquet.csv": ENTETE
            + "fichiers;*.parquet\niep;LIGNE\nipp;FICHIER\nfiness_geo;;010000001\nchamp;type;;M = MCO\ndate_entree;entree\n",
            "export_31122023.xlsx": classeur(requete, tmp_path / "c.xlsx", "Séjours"),
            "export_20231231.parquet": tampon.getvalue(),
        },
        venues="select iep, ipp, champ, cast(date_entree as varchar), ligne_source % 10000000000 from depot.gam_venues order by 1",
        comptes="select nb_lues, nb_retenues, nb_ignorees from depot.fichiers where flux = 'gam/venues' order by fichier",
    )
    assert lues["venues"] == [
        ("001", 'P"1', "MCO", "2023-11-18 09:30:00", 2),
        ("002", "P 2", "SMR", "2023-12-31 00:00:00", 4),
        ("003", "7", "MCO", "2023-01-02 03:04:00", 2),
    ]
    assert lues["comptes"] == [(1, 1, 0), (3, 2, 1)]


DATES = {
    "18/11/2023": "2023-11-18 00:00:00",
    "8/1/2023 9:05": "2023-01-08 09:05:00",
    "18-11-2023 09h30": "2023-11-18 09:30:00",
    "18.11.2023 9h": "2023-11-18 09:00:00",
    "18/11/2023 0930": "2023-11-18 09:30:00",
    "18/11/2023 930": "2023-11-18 09:30:00",
    "18/11/2023 093015": "2023-11-18 09:30:15",
    "18/11/2023 09:30:15.250": "2023-11-18 09:30:15.25",
    "2023/11/18": "2023-11-18 00:00:00",
    "20231118": "2023-11-18 00:00:00",
    "202311180930": "2023-11-18 09:30:00",
    "20231118093015": "2023-11-18 09:30:15",
    "18112023": "2023-11-18 00:00:00",
    "18/11/2023 0": "2023-11-18 00:00:00",
    "2023-11-18T09:30:00+02:00": "2023-11-18 08:30:00",
    # An hour, or minutes; a year of two digits; the month first: never guessed.
    "18/11/2023 9": None,
    "18/11/23": None,
    "11/18/2023": None,
    "45248": None,
}


def test_les_dates_usuelles_se_lisent_sans_qu_on_dise_leur_forme(lire_zone: Lire) -> None:
    lignes = "".join(f"{rang};P1;M;{ecrit}\n" for rang, ecrit in enumerate(DATES))
    lues = lire_zone(
        {"correspondances/gam.venues.csv": correspondance(VENUES), "GAM_20231231.csv": EXPORT.splitlines()[0] + "\n" + lignes},
        venues="select cast(iep as integer), cast(date_entree as varchar) from depot.gam_venues",
        rejets="select motif, valeur from depot.rejets order by ligne",
    )
    assert dict(lues["venues"]) == {rang: lu for rang, lu in enumerate(DATES.values()) if lu}
    assert lues["rejets"] == [("TYPE_ILLISIBLE", ecrit) for ecrit, lu in DATES.items() if not lu]


FORMES = [
    ("MM/JJ/AAAA", "11/18/2023", "2023-11-18 00:00:00"),
    ("JJMMAAAA HHMM", "18112023 5", "2023-11-18 00:05:00"),
    ("AAAAMMJJHHMMSS", "20231118093015", "2023-11-18 09:30:15"),
    ("JJ/MM/AAAA HH:MM", "18/11/2023 09:30:15", "2023-11-18 09:30:15"),
    ("JJ/MM/AAAA HHhMM", "18/11/2023 9h30", "2023-11-18 09:30:00"),
    ("JJ/MM/AAAA HHMM", "18/11/2023", "2023-11-18 00:00:00"),
    ("AAAA-MM-JJ", "18/11/2023", None),
    ("JJ/MM/AAAA", "18/11/2023 09:30", None),
]


def test_la_forme_d_une_date_quand_on_la_dit(lire_zone: Lire) -> None:
    """One correspondence a form, each for its own file."""
    fichiers: dict[str, str | bytes] = {}
    for rang, (forme, ecrit, _) in enumerate(FORMES):
        regles = VENUES.replace("date_entree;DT_ENT\n", f"date_entree;DT_ENT;;;{forme}\n")
        fichiers[f"correspondances/gam.venues.f{rang}.csv"] = correspondance(regles, f"F{rang}_*.csv")
        fichiers[f"F{rang}_20231231.csv"] = EXPORT.replace("18/11/2023", ecrit).replace("V1", f"V{rang}")
    lues = lire_zone(fichiers, venues="select iep, cast(date_entree as varchar) from depot.gam_venues order by iep")
    assert lues["venues"] == [(f"V{rang}", lu) for rang, (_, _, lu) in enumerate(FORMES) if lu]


@pytest.mark.parametrize(
    ("nom", "jour"),
    [
        ("GAM_MVT_20231231.csv", date(2023, 12, 31)),
        ("GAM 31-12-2023.csv", date(2023, 12, 31)),
        ("GAM_31122023_1530.csv", date(2023, 12, 31)),
        ("20231231_235959_GAM.csv", date(2023, 12, 31)),
        ("GAM_20231231235959.csv", date(2023, 12, 31)),
        ("GAM_2023-02.csv", date(2023, 2, 28)),
        ("du_20230101_au_20231231.csv", date(2023, 12, 31)),
        ("GAM_20230231.csv", None),
        ("GAM_v2.csv", None),
    ],
)
def test_la_date_d_un_nom(nom: str, jour: date | None) -> None:
    assert date_du_nom(nom) == jour


def test_la_date_d_extraction_connait_les_fichiers_des_correspondances(tmp_path: Path) -> None:
    zone = {f"{EJ}/correspondances/gam.venues.csv": correspondance(VENUES), f"{EJ}/GAM_20231130.csv": EXPORT}
    exports = ecrire_zone(tmp_path, zone, (EJ,))
    assert jour_d_extraction(exports).jour == date(2023, 11, 30)
    (exports / EJ / "GAM_20231130.csv").rename(exports / EJ / "GAM_.csv")
    os.utime(exports / EJ / "GAM_.csv", (1_700_000_000, 1_700_000_000))
    assert jour_d_extraction(exports).jour == date(2023, 11, 14)


def test_une_correspondance_changee_fait_relire(lire_zone: Lire) -> None:
    fichiers = {
        "correspondances/gam.venues.csv": correspondance(VENUES + "joindre;UF.csv;;TYPE = CODE\nuf;UF\n"),
        "GAM_20231231.csv": EXPORT,
        "UF.csv": "CODE;UF\nM;10\n",
    }
    requete = "select champ, uf from depot.gam_venues"
    assert lire_zone(fichiers, v=requete)["v"] == [("MCO", "10")]
    assert lire_zone(fichiers | {"UF.csv": "CODE;UF\nM;11\n"}, v=requete)["v"] == [("MCO", "11")]
    changee = fichiers["correspondances/gam.venues.csv"].replace("M = MCO", "M = PSY")
    assert lire_zone(fichiers | {"correspondances/gam.venues.csv": changee}, v=requete)["v"] == [("PSY", "10")]
    # Without it, the file is nobody's.
    assert lire_zone(fichiers | {"correspondances/gam.venues.csv": ENTETE}, v=requete)["v"] == []


def test_ce_qui_manque_est_nomme(lire_zone: Lire) -> None:
    regles = VENUES + "joindre;UF.csv;;TYPE = CODE\nuf;UF\n"
    lues = lire_zone(
        {
            "correspondances/gam.venues.csv": correspondance(regles),
            "GAM_1.csv": EXPORT.replace("DT_ENT", "ENTREE").replace("TYPE", "GENRE"),
            "GAM_2.csv": EXPORT.replace("DT_ENT", "TYPE"),
            "UF.csv": "CODE;LIBELLE\n",
        },
        fichiers="select etat, colonnes_manquantes, colonne_en_double from depot.fichiers where flux = 'gam/venues' order by fichier",
    )
    assert lues["fichiers"] == [
        ("COLONNE_MANQUANTE", "TYPE, DT_ENT, UF", None),
        ("COLONNE_EN_DOUBLE", "TYPE, DT_ENT, UF", "TYPE"),
    ]
    sans = lire_zone({"UF.csv": "CODE;UF\n"} | {"correspondances/gam.venues.csv": correspondance(regles.replace("UF.csv", "UFS.csv"))},
        erreur="select erreur from depot.fichiers where fichier like '%GAM_1.csv'")  # fmt: skip
    assert sans["erreur"] == [("illisible (aucun fichier UFS.csv à lui joindre)",)]


FAUTES = {
    "fichiers;/etc/passwd\n": "ligne 2 : motif « /etc/passwd » : seuls les fichiers du dossier de l’établissement",
    "fichiers;../010000002/*.csv\n": "sans « / » en tête ni « .. »",
    "fichiers;C:\\exports\\*.csv\n": "seuls les fichiers du dossier de l’établissement",
    "fichiers;a/../../b.csv\n": "sans « / » en tête ni « .. »",
    "fichiers;*\n": "nommez les fichiers de l’export",
    "fichiers;correspondances/*.csv\n": "nommez les fichiers de l’export",
    "fichiers;GAM_{date}.csv\n": "comme {AAAAMMJJ}",
    "fichiers;GAM_{AAAAMMJJ}_{AAAA}.csv\n": "une seule date",
    "": "écrivez une ligne fichiers",
    "{venues}nature;TYPE\n": "« nature » n’est pas une colonne de gam/venues",
    "{venues}mode_hospitalisaton;TYPE\n": "vouliez-vous mode_hospitalisation",
    "{venues}iep;TYPE\n": "iep est déjà décrite",
    "{venues}joindre;UF.csv;;CD_UF\n": "écrivez en source le fichier",
    "{venues}joindre;/etc/passwd;;TYPE = CODE\n": "seuls les fichiers du dossier",
    "{venues}mode_sortie;;MORT\n": "« MORT » n’est pas admis, donnez DOMICILE, TRANSFERT, MUTATION, DECES, AUTRE",
    "{venues}mode_sortie;MS;;8 = ?\n": "mode_sortie : dites ce que devient « 8 »",
    "{venues}mode_sortie;?\n": "mode_sortie est à compléter",
    "{venues}mode_sortie;MS;;8\n": "« lue = contrat »",
    "{venues}mode_sortie;MS;;8 = DECES | 8 = AUTRE\n": "la valeur « 8 » a deux sens",
    "{venues}facturation_ace;F;;O = peut-être\n": "donnez oui ou non",
    "{venues}nb_seances;;deux\n": "donnez un entier",
    "{venues}date_sortie;DS;;;jj/mm/aa\n": "années de quatre chiffres",
    "{venues}uf;UF;;;JJ/MM/AAAA\n": "uf n’est pas une date",
    "{venues}garder;;;A\n": "garder : écrivez en source la colonne",
    "{venues}feuille;A;;tout\n": "plage « tout »",
    "fichiers;GAM*.csv\niep;N\n": "colonne obligatoire ipp sans source ni constante",
    "{venues}uf;U;;" + " | ".join(f"{n} = {n}" for n in range(3000)) + "\n": "plus de 2000 valeurs",
    "{venues}" + "#" * (1 << 20): "plus de 1 Mo",
    "{venues}uf;U;;;;;trop\n": "plus de champs que l’en-tête",
    "{venues}" + "".join(f"joindre a{n};F{n}.csv;;TYPE = CODE\n" for n in range(21)): "plus de 20 fichiers joints",
}


@pytest.mark.parametrize(("lignes", "attendu"), FAUTES.items(), ids=range(len(FAUTES)))
def test_une_correspondance_fausse_ou_hostile_dit_sa_faute(tmp_path: Path, lignes: str, attendu: str) -> None:
    assert attendu in erreur(tmp_path, correspondance(lignes.replace("{venues}", VENUES)))


def test_une_correspondance_fausse_n_arrete_pas_les_autres(lire_zone: Lire) -> None:
    lues = lire_zone(
        {
            "correspondances/gam.venues.csv": correspondance("fichiers;../*.csv\n"),
            "correspondances/gam.venues.autre.csv": correspondance(VENUES),
            "correspondances/notes.txt": "rien\n",
            "gam/GAM_20231231.csv": EXPORT,
        },
        etats="select fichier, etat, erreur from depot.fichiers where fichier like '%correspondances%' order by fichier",
        venues="select iep from depot.gam_venues",
    )
    assert lues["venues"] == [("V1",)]
    (_, lue, _), (_, etat, dit), (_, _, notes) = lues["etats"]
    assert (lue, etat) == ("LISIBLE", "ILLISIBLE") and dit.startswith("correspondance à corriger (ligne 2 : motif « ../*.csv »")
    assert "par exemple gam.venues.csv" in notes


def test_l_entete_et_le_nom_d_une_correspondance(tmp_path: Path) -> None:
    assert "écrivez l’en-tête colonne;source" in erreur(tmp_path, "a;b\n")
    assert "« origine » n’est pas une colonne de colonne;" in erreur(tmp_path, "colonne;source;origine\n")
    assert "par exemple gam.venues.csv" in erreur(tmp_path, correspondance(VENUES), "gam.venue.csv")
    assert "par exemple" in erreur(tmp_path, correspondance(VENUES), "reference.etablissements.csv")
    # A quote that never ends.
    assert "n’est pas une colonne" in erreur(tmp_path, 'colonne;source\n"iep;x\n')


def test_des_noms_qui_sont_du_sql_sont_des_noms(lire_zone: Lire) -> None:
    piege = "x\" from read_csv('/etc/passwd'); drop table t; --"
    attache = "');attach '/tmp/x' as x;--"

    def guillemets(texte: str) -> str:
        return '"' + texte.replace('"', '""') + '"'

    entete = ",".join(map(guillemets, (piege, attache, "'T'", "D"))) + "\n"
    regles = ENTETE.replace(";", ",") + "".join(
        ",".join(map(guillemets, ligne)) + "\n"
        for ligne in (
            ("fichiers", "*.csv"),
            ("iep", guillemets(piege)),
            ("ipp", guillemets(attache)),
            ("finess_geo", "", EJ),
            ("champ", "'T'", "", guillemets("x' or 1=1 --") + " = MCO"),
            ("date_entree", "D"),
            ("uf", "", "'); drop view lignes; --"),
        )
    )
    lues = lire_zone(
        {"correspondances/gam.venues.csv": regles, "a_20231231.csv": entete + "1,2,x' or 1=1 --,2023-01-01\n2,2,MCO,hier\n"},
        venues="select iep, ipp, champ, uf from depot.gam_venues",
        rejets="select motif, colonne from depot.rejets",
        fichiers="select erreur, colonnes_manquantes from depot.fichiers",
    )
    assert lues["venues"] == [("1", "2", "MCO", "'); drop view lignes; --")], lues
    assert lues["rejets"] == [("TYPE_ILLISIBLE", "date_entree ← D")]


def test_rien_n_est_lu_hors_du_dossier_de_l_etablissement(lire_zone: Lire, tmp_path: Path) -> None:
    dehors = tmp_path / "dehors.csv"
    dehors.write_text(EXPORT)
    ej = tmp_path / "exports" / EJ
    (ej / "gam").mkdir(parents=True)
    (ej / "correspondances").mkdir()
    (ej / "gam" / "GAM_20231231.csv").symlink_to(dehors)
    (ej / "ailleurs").symlink_to(tmp_path)
    (ej / "correspondances" / "dpi.documents.csv").symlink_to(dehors)
    (ej / "gam" / "GAM_boucle.csv").symlink_to(ej / "gam" / "GAM_boucle.csv")
    (ej / "gam" / "GAM_20230101.csv").symlink_to(ej / "gam" / "vrai.csv")
    (ej / "gam" / "vrai.csv").write_text(EXPORT.replace("V1", "V2"))
    lues = lire_zone(
        {"correspondances/gam.venues.csv": correspondance(VENUES)},
        venues="select iep from depot.gam_venues",
        fichiers="select fichier, erreur from depot.fichiers where etat = 'ILLISIBLE' order by 1",
    )
    assert lues["venues"] == [("V2",)]
    assert lues["fichiers"] == [
        (f"{EJ}/correspondances/dpi.documents.csv", "correspondance à corriger (c’est un lien : déposez le fichier lui-même)"),
        (f"{EJ}/gam/GAM_20231231.csv", "illisible (lien hors du dossier de l’établissement)"),
        (f"{EJ}/gam/GAM_boucle.csv", "illisible (lien vers lui-même)"),
    ]


def test_un_motif_hostile_ne_prend_pas_de_temps(lire_zone: Lire) -> None:
    """Eighty stars cost what two cost: trying every place of each of them would not end. The first reading warms DuckDB up."""
    durees = []
    for etoiles in (1, 2, 80):
        debut = time.process_time()
        lues = lire_zone(
            {
                "correspondances/gam.venues.csv": correspondance(VENUES, "*a" * etoiles + "{AAAAMMJJ}?*b.csv"),
                f"{'a' * 240}.csv": EXPORT,
            },
            etats="select distinct etat from depot.fichiers where fichier like '%aaaa%'",
        )
        durees.append(time.process_time() - debut)
        assert lues["etats"] == [("FICHIER_INCONNU",)]
    assert durees[2] < 5 * durees[1]


def test_une_jointure_ne_se_sert_pas_de_ce_qui_vient_apres(lire_zone: Lire) -> None:
    """Two joins that wait for each other's columns: the keys are not there."""
    regles = VENUES + "joindre a;A.csv;;b.X = K\njoindre b;B.csv;;a.Y = K\nuf;a.UF\n"
    lues = lire_zone(
        {"correspondances/gam.venues.csv": correspondance(regles), "GAM_1.csv": EXPORT, "A.csv": "K;Y;UF\n", "B.csv": "K;X\n"},
        fichiers="select etat, colonnes_manquantes from depot.fichiers where flux = 'gam/venues'",
    )
    assert lues["fichiers"] == [("COLONNE_MANQUANTE", "b.X")]


def test_l_exemple_de_la_documentation(lire_zone: Lire) -> None:
    page = (RACINE / "docs" / "CONTRAT.md").read_text(encoding="utf-8")
    blocs = dict(re.findall(r"```(exports/010000001/\S+|lu)\n(.*?)```", page, re.DOTALL))
    attendues = [tuple(ligne.split(";")) for ligne in blocs.pop("lu").splitlines()]
    assert len(blocs) == 3
    lues = lire_zone(
        {nom.removeprefix("exports/010000001/"): contenu for nom, contenu in blocs.items()},
        venues="select iep, ipp, finess_geo, champ, uf, cast(date_entree as varchar), coalesce(cast(date_sortie as varchar), '')"
        " from depot.gam_venues order by iep",
        rejets="select motif, colonne, valeur from depot.rejets",
        comptes="select nb_retenues, nb_ignorees, nb_rejetees from depot.fichiers where flux = 'gam/venues'",
    )
    assert lues["venues"] == attendues and lues["comptes"] == [(2, 1, 1)]
    ((motif, colonne, valeur),) = lues["rejets"]
    assert f"(`{motif}`, `{colonne}`,\n« {valeur} »)" in page


def test_les_tables_de_la_documentation_sont_celles_des_seeds() -> None:
    assert tables_du_contrat.page() == tables_du_contrat.PAGE.read_text(encoding="utf-8"), "python tests/tables_du_contrat.py"
