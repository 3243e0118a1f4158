"""Tables as other people's software writes them, then tables that are damaged: one landing zone, an establishment each.

The damaged ones are drawn from a seed; SOCLE_ALTERATIONS says how many (20 by default, and a quarter of it in Parquet).
"""

from __future__ import annotations

import gzip
import io
import os
import random
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ecrire_zone, lire, socle, une_fois

from socle.lecture import archives
from socle.lecture.octets import TAILLE_BLOC

NOMBRE = int(os.environ.get("SOCLE_ALTERATIONS") or 20)
PATIENTS = "ipp;ins_matricule;statut_identite;identite_douteuse;identite_fictive;date_naissance\n"
VENUES = "iep;ipp;finess_geo;champ;mode_hospitalisation;numero_sejour;uf;date_entree;date_sortie;nb_seances\n"
UNITES = "uf;service_id;libelle\n"


def venue(iep: str, entree: str = "2023-05-02", sortie: str = "", fin: str = "", ipp: str = "P1", seances: str = "") -> str:
    return f"{iep};{ipp};990000001;MCO;COMPLETE;;U1;{entree};{sortie};{seances}{fin}\n"


def zippe(**membres: bytes) -> bytes:
    tampon = io.BytesIO()
    with zipfile.ZipFile(tampon, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, contenu in membres.items():
            archive.writestr(nom, contenu)
    return tampon.getvalue()


def protege() -> bytes:
    octets = bytearray(zippe(a=b"x"))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        octets[octets.find(signature) + place] |= 1
    return bytes(octets)


def parquet(colonnes: dict[str, object]) -> bytes:
    tampon = io.BytesIO()
    pq.write_table(pa.table(colonnes), tampon)
    return tampon.getvalue()


def venues_parquet(iep: pa.Array, **autres: pa.Array) -> bytes:
    n = len(iep)
    return parquet(
        {"IEP": iep, "Ipp": ["P1"] * n, "finess_geo": ["990000001"] * n, "champ": ["MCO"] * n,
         "date_entree": pa.array([date(2023, 5, 2)] * n)} | autres
    )  # fmt: skip


CHAOS = (
    VENUES
    + venue("1", "2023-05-02T22:30:00Z", "2023-05-31T22:30:00.123456789+0000")
    + venue("2", "2023-05-02 08:00+02:00", "9999-12-31 23:59:59")
    + venue("3", "2023-05-02 8:05", "2999-12-31")
    + venue("4", "0001-01-01")  # line 5
    + venue("5", "2200-01-01")
    + venue("6", "9999-12-31")
    + venue("2,30001E+12")  # line 8
    + venue("2.30001E12")
    + venue("1E05")  # a code of unit looks so: kept
    + venue("'007")
    + venue('="0008"')
    + venue("n/a")  # line 13
    + venue("9", ipp='"NULL"')
    + venue("\u00a0010\u202f\u200b\t")
    + venue("2,3E+9", "jamais", seances="0")  # line 16: three faults
)
FAUTES = {
    (5, "TYPE_ILLISIBLE", "date_entree", None), (6, "TYPE_ILLISIBLE", "date_entree", None),
    (7, "TYPE_ILLISIBLE", "date_entree", None), (8, "TYPE_ILLISIBLE", "iep", None), (9, "TYPE_ILLISIBLE", "iep", None),
    (13, "OBLIGATOIRE_VIDE", "iep", None),
    (16, "TYPE_ILLISIBLE", "iep", "TYPE_ILLISIBLE date_entree, HORS_VALEURS nb_seances"),
}  # fmt: skip

IEP = "count(*), string_agg(iep, ',' order by iep) from staging.stg_gam__venues"
UF = "count(*), string_agg(uf, ',' order by uf) from staging.stg_gam__unites_fonctionnelles as u"
ETATS = "string_agg(etat || coalesce(' ' || raison, ''), '|' order by fichier) from qualite.fichiers"
IGNOREES = "sum(nb_ignorees), sum(nb_lignes), sum(nb_lues) from qualite.fichiers"
PERDUES = "(select sum(nb_ignorees) from qualite.fichiers as f where f.finess_ej = any_value(u.finess_ej))"
UF_PERDUES = UF.replace(" from", f", {PERDUES} from")
LONGUE = UNITES + "".join(f"{n:05d};S;libelle\n" for n in range(9000))
COUPE = LONGUE.rfind("\n", 0, TAILLE_BLOC) + 1
V, P, U = "gam/venues_20230601.csv", "gam/patients_20230601.csv", "gam/unites_fonctionnelles_20230601.csv"

CAS: dict[str, tuple[dict[str, str | bytes], str, tuple[object, ...]]] = {
    "fuseau": (
        {V: VENUES + venue("1", "2023-05-02T22:30:00Z")}, "cast(date_entree as varchar) from staging.stg_gam__venues",
        ("2023-05-03 02:30:00",),
    ),
    "fuseau_parquet": (
        {"gam/venues_20230601.parquet": venues_parquet(
            pa.array([26001.0, 1e16, float("nan"), float("inf"), 1e300]),
            date_sortie=pa.array([datetime(2023, 5, 31, 22, 30, tzinfo=UTC)] * 5, pa.timestamp("ms", "America/New_York")),
        )},
        "string_agg(iep || ' ' || cast(date_sortie as varchar), ',') from staging.stg_gam__venues",
        ("26001 2023-06-01 00:30:00",),
    ),
    "parquet_entiers": (
        {"gam/venues_20230601.parquet": venues_parquet(
            pa.array([Decimal("12345678901234567890123456789012345678"), Decimal(101), Decimal(102), Decimal(103)],
                     pa.decimal128(38, 0)),
            nb_seances=pa.array([1.0, 2.5, float("nan"), 3e300]),
        )},
        IEP, (2, "102,12345678901234567890123456789012345678"),
    ),
    # What the engine and the readers call their own columns; digits that a float has not; a NaN is nothing.
    "parquet_noms": (
        {"gam/venues_20230601.parquet": venues_parquet(pa.array(["A"]), file_row_number=pa.array([7]), fichier_id=pa.array([7])),
         "gam/venues_20230602.parquet": venues_parquet(pa.array(["B", "C"]), file_index=pa.array([5, 6]), filename=pa.array(["x", "y"])),
         "gam/venues_20230603.parquet": venues_parquet(
             pa.array(["D"]), date_sortie=pa.array([datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)], pa.timestamp("us", "UTC"))),
         "gam/venues_20230604.parquet": venues_parquet(pa.array([101.0, 16777300.0], pa.float32())),
         "national/ans_mssante_20230601.parquet": parquet(
             {"mois": [date(2023, 1, 1), date(2023, 2, 1)], "taux_equipement": [1e-5, float("nan")]})},
        "string_agg(iep, ',' order by iep), (select string_agg(coalesce(cast(taux_equipement as varchar), '-'), ',' order by mois)"
        " from staging.stg_national__ans_mssante as m where m.finess_ej = any_value(v.finess_ej)) from staging.stg_gam__venues as v",
        ("101,A,B,C,D", "1e-05,-"),
    ),
    "parquet_formes": (
        {"gam/venues_20230601.parquet": venues_parquet(pa.array([["a"], None], pa.list_(pa.string()))),
         "gam/venues_20230602.parquet": venues_parquet(pa.array([b"A1", b"\xff\xfe"])),
         "gam/venues_20230603.parquet": venues_parquet(pa.array([{"a": 1}])),
         "gam/venues_20230604.parquet": venues_parquet(pa.array(["B1", "NULL", " B2\u00a0"]).dictionary_encode()),
         "gam/venues_20230605.parquet": venues_parquet(pa.array(["C1"]), date_sortie=pa.array([datetime(9999, 12, 31)], pa.timestamp("us")))},
        IEP, (4, "A1,B1,B2,C1"),
    ),
    "parquet_tronque": ({"gam/venues_20230601.parquet": venues_parquet(pa.array(["A1"] * 99))[:-40]}, ETATS,
                        ("ILLISIBLE illisible (fichier Parquet abîmé)",)),
    "mots_vides": (
        {P: PATIENTS + "".join(f"P{n};{mot};VALIDEE;vrai;F;1958-03-2{n}\n".replace(";F;", ";n;")
                              for n, mot in enumerate(("NULL", "\\N", "(null)", "<Null>", "N/A", "#N/A", "<NA>", "NaN", "none")))
            + 'Q;"NULL";VALIDEE;O;FAUX;1958-03-01\n',
         "declaratif/declarations_20230601.csv": "code;date_declaration;valeur;justification\nD1.1;2023-05-01;NA;NA\n"},
        "count(*), max(ins_matricule), (select count(*) from staging.stg_declaratif__declarations as d where d.finess_ej ="
        " any_value(p.finess_ej) and valeur = 'NA' and justification is null) from staging.stg_gam__patients as p",
        (10, "NULL", 1),
    ),
    "guillemet_ouvert": (
        {U: UNITES + 'A;S;"Chirurgie\nB;S;Médecine\nC;S;"x"\nD;S;24"\nE;S;"sur\ndeux ; lignes"\nF;S;""\n\nG;S;"jamais fermé\n'},
        UF, (7, "A,B,C,D,E,F,G"),
    ),
    "guillemet_lointain": (
        {U: UNITES + 'A;S;"Chirurgie\n' + "".join(f"B{n};S;x\n" for n in range(8)) + "B8;S\nB9;S;y\"\n"}, UF,
        (10, "A,B0,B1,B2,B3,B4,B5,B6,B7,B9"),
    ),
    "guillemets": (
        {U: UNITES + 'A;S;"Chir" visc\n\u00a0"B" ;S;\t"x;y"\nC;S;" NULL "\nD;S;"a""b"\nE;S;"a"b"c"\n'},
        "string_agg(uf || libelle, ',' order by uf) from staging.stg_gam__unites_fonctionnelles",
        ('A"Chir" visc,Bx;y,CNULL,Da"b,E"a"b"c"',),
    ),
    # Delimiters in a name, a delimiter after the last one, nothing but delimiters before.
    "entetes": (
        {U: ';;;\nuf;"note ; libre, bien, claire, complète";service_id;\nA;"n";S\nB;"p;q";S;\n', P: ';;;\n\n"\n'}, UF, (2, "A,B"),
    ),
    **{f"entete_repete_{n}": ({U: UNITES + f"A;S;x\n{repete}\nB;S;y\n"}, UF_PERDUES, (2, "A,B", 1))
       for n, repete in enumerate(("UF;SERVICE_ID;LIBELLE", '"uf";"service_id";"libelle"', "\ufeff" + UNITES[:-1], " uf ;service_id; libelle"))},
    **{f"debut_de_bloc_{n}": ({U: LONGUE[:COUPE] + ligne + LONGUE[COUPE:]}, f"count(*), {PERDUES} from staging.stg_gam__unites_fonctionnelles as u",
                              (9000, ignorees))
       for n, (ligne, ignorees) in enumerate(((UNITES, 1), ("\\N;S;x\n", 0)))},
    "pieds_au_milieu": (
        {U: UNITES + "A;S;x\n3 rows selected.\n  2 record(s) selected.\nB;S;y\n3 lignes selectionnees\n -----;---;-\n"
         '"--";"--";"--"\n=====;==;=\n- - -\nC;S;-\n4 enregistrement(s) sélectionné(s)\n'},
        UF_PERDUES, (3, "A,B,C", 8),
    ),
    "pieds": (
        {U: UNITES + "--;----------;-------\nA;S;x\n\n(1 rows affected)\n" + UNITES.upper() + "B;S;y\n12 lignes sélectionnées.\n",
         "gam/services_20230601.csv": "service_id;libelle;type_service;consultations_externes;rdv_en_ligne;dpi_deploye;"
         "acces_cr_et_images;dpi_integre_documents\nTotal;x;SOINS;1;1;1;1;1\nS;x;SOINS;1;1;1;1;1\nTOTAL : 2;;;;;;;\n\n"},
        IGNOREES, (7, 11, 11),
    ),
    "delimiteur_final": (
        {U: UNITES + "A;S;x;\nB;S;;\n", V: VENUES.replace("\n", ";\n") + venue("1", fin=";"),
         P: PATIENTS + "P1;;VALIDEE;0;0;1958-03-23\nP2;;VALIDEE;0;0;1958-03-23;\n"},
        "string_agg(motif || ligne, ',') from qualite.rejets", ("NOMBRE_DE_CHAMPS3",),
    ),
    "tabulation_et_sep": ({U: ("sep=;\n" + UNITES + "A;S;x\n").replace(";", "\t").encode("utf-16")}, UF, (1, "A")),
    "barre_et_sep": ({U: "sep=|\r\n" + (UNITES + "A;S;x\nB;S;y\n").replace(";", "|").replace("\n", "\r\n")}, UF, (2, "A,B")),
    "utf16": ({"gam/UNITES_FONCTIONNELLES_20230601_Bis.CSV": ("\ufeff" + UNITES + "A;S;é\n").encode("utf-16-be")}, UF, (1, "A")),
    "octet": (
        {U: (UNITES + "A;S;Médecine\nB;S;Pédiatrie\n").encode() + b"C;S;Chirurgie \xe0\n"},
        "sum(nb), (select max(right(libelle, 1)) from staging.stg_gam__unites_fonctionnelles as u where u.finess_ej ="
        " any_value(a.finess_ej)) from qualite.alertes_lecture as a", (1, "à"),
    ),
    "archives": (
        {"gam/unites_fonctionnelles_20230601.zip": zippe(**{"a": (UNITES + "A;S;x\n").encode(), "__MACOSX/a": b"x"}),
         "gam/unites_fonctionnelles_20230602.csv.gz": gzip.compress((UNITES + "B;S;x\n").encode()),
         "gam/unites_fonctionnelles_20230603.CSV.ZIP": zippe(x=(UNITES + 'C;S;"a\nb"\n').encode("cp1252"))},
        UF, (3, "A,B,C"),
    ),
    "archives_refusees": (
        {"gam/unites_fonctionnelles_20230601.csv.gz": gzip.compress((UNITES + "A;S;x\n").encode())[:-12],
         "gam/unites_fonctionnelles_20230602.csv.gz": b"PAS UN GZIP",
         "gam/unites_fonctionnelles_20230603.csv.zip": zippe(a=b"x", b=b"x"),
         "gam/unites_fonctionnelles_20230604.csv.zip": protege(),
         "gam/unites_fonctionnelles_20230605.csv.zip": zippe(**{"x.zip": zippe(a=b"x")}),
         "gam/unites_fonctionnelles_20230606.csv.zip": b"PK\x03\x04"},
        ETATS,
        ("|".join(f"ILLISIBLE illisible ({r})" for r in (
            "archive abîmée ou incomplète", "fichier gzip abîmé", "archive de 2 fichiers au lieu d’un",
            "archive protégée par un mot de passe", "archive dans une archive", "archive zip abîmée")),),
    ),
    "double": ({V: VENUES.replace("uf", "IPP") + venue("1")}, "motif, colonne, ligne from qualite.rejets", ("COLONNE_EN_DOUBLE", "ipp", 1)),
    "noms": ({"gam/unites_fonctionnelles_20230231.csv": UNITES, "gam/unites_fonctionnelles_00010101.csv": UNITES}, ETATS,
             ("FICHIER_INCONNU|FICHIER_INCONNU",)),
    "vide_et_blanc": ({U: b"", V: b"\n\n", P: b"\xff\xfe"}, "count(*), min(motif) from qualite.rejets", (3, "COLONNE_MANQUANTE")),
}  # fmt: skip
EJ = {nom: f"93{n:07d}" for n, nom in enumerate(CAS)}
CHAOS_EJ = "930000999"


def altere(alea: random.Random) -> tuple[str, bytes]:
    """Name and bytes of a table in which something is wrong."""
    # Few venues: a file of many columns takes long to plan.
    flux, texte = alea.choice((
        ("venues", VENUES + "".join(venue(f"ZQKJ{n}", f"2023-05-{n % 28 + 1:02d} 10:00:00") for n in range(30))),
        *[("patients", PATIENTS + "".join(f"ZQKP{n};;VALIDEE;0;0;1958-03-{n % 28 + 1:02d}\n" for n in range(30)))] * 2,
        *[("unites_fonctionnelles", UNITES + "".join(f"ZQKU{n};S;é\n" for n in range(30)))] * 2,
    ))  # fmt: skip
    octets = bytearray(texte.encode(alea.choice(("utf-8", "utf-8", "cp1252", "utf-16"))))
    for _ in range(alea.randint(1, 12)):
        place = alea.randrange(len(octets))
        geste = alea.randrange(7)
        if geste == 0:
            octets[place] = alea.randrange(256)
        elif geste == 1:
            octets[place:place] = alea.choice((b'"', b"\n", b"\r", b";", b"\x00", b"\xff", b"'", b'="', b"NULL", b"9" * 40))
        elif geste == 2:
            del octets[place : place + alea.randint(1, 40)]
        elif geste == 3:
            octets += octets[place : place + alea.randint(1, 200)]
        elif geste == 4:
            octets[place:place] = octets[:60]
        elif geste == 5:
            octets = octets.replace(b";", alea.choice((b",", b"\t", b"|", b";;")), alea.choice((1, -1)))
        else:
            octets = octets[: max(1, place)]
    nom, contenu = f"gam/{flux}_20230601.csv", bytes(octets)
    if alea.random() < 0.2:
        contenu = bytearray(gzip.compress(contenu) if alea.random() < 0.5 else zippe(a=contenu))
        nom += ".gz" if contenu[:2] == b"\x1f\x8b" else ".zip"
        contenu[alea.randrange(len(contenu))] ^= alea.choice((0, 1, 255))
    return nom, bytes(contenu)


def altere_parquet(alea: random.Random) -> tuple[str, bytes]:
    """Name and bytes of a Parquet table with odd types, or of one that is damaged."""
    n = 20
    formes = [
        pa.array([f"V{i}" for i in range(n)]), pa.array([float(i) for i in range(n)]), pa.array([[i] for i in range(n)]),
        pa.array([bytes([i, 255]) for i in range(n)]), pa.array(range(n), pa.timestamp("ns")), pa.array(range(n), pa.duration("s")),
        pa.array(range(n), pa.time64("us")), pa.array([float("nan"), 1e300, -0.0, *range(n - 3)]), pa.nulls(n),
        pa.array([{"a": i} for i in range(n)]), pa.array([2**62] * n, pa.timestamp("us")) if alea.random() < 0.2 else pa.array([True] * n),
        pa.array([b"ABCD"] * n, pa.binary(4)), pa.array([2**63 + i for i in range(n)], pa.uint64()),
    ]  # fmt: skip
    flux, colonnes = alea.choice((
        ("gam/venues", ("iep", "ipp", "finess_geo", "champ", "date_entree", "date_sortie", "nb_seances")),
        ("gam/patients", tuple(PATIENTS.strip().split(";"))), ("national/ans_mssante", ("mois", "nb_correspondants_pro", "taux_equipement")),
        ("dpi/mises_a_jour_dossier", ("iep", "date_mise_a_jour")),
    ))  # fmt: skip
    octets = bytearray(parquet({c: alea.choice(formes) for c in colonnes}))
    for _ in range(alea.choice((0, 1, 3))):
        octets[alea.randrange(len(octets))] ^= alea.randrange(256)
    return f"{flux}_20230601.parquet", bytes(octets[: -alea.randrange(1, 99)] if alea.random() < 0.1 else octets)


@pytest.fixture(scope="module")
def sortie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Output of one run on everything, on a server at the other end of the world."""

    def faire(dossier: Path) -> None:
        fichiers = {f"{EJ[nom]}/{chemin}": octets for nom, (cas, _, _) in CAS.items() for chemin, octets in cas.items()}
        fichiers[f"{CHAOS_EJ}/{V}"] = CHAOS
        alea = random.Random(15)
        tirages = [altere(alea) for _ in range(NOMBRE)] + [altere_parquet(alea) for _ in range(NOMBRE // 4)]
        fichiers |= {f"94{n:07d}/{nom}": octets for n, (nom, octets) in enumerate(tirages)}
        fichiers["1' or '1=/" + V] = VENUES + venue("1")
        exports = ecrire_zone(
            dossier / "exports", fichiers, (*EJ.values(), CHAOS_EJ, *(f"94{n:07d}" for n in range(len(tirages))))
        )
        (exports / EJ["noms"] / "gam" / "services_20230601.csv").symlink_to(dossier / "nulle_part")
        lignes = (exports / "etablissements.csv").read_text(encoding="utf-8").splitlines()
        lignes = [
            f"{ligne};{'fuseau' if not n else 'Indian/Reunion' if EJ['fuseau'] in ligne else ''}"
            for n, ligne in enumerate(lignes)
        ]
        (exports / "etablissements.csv").write_text("\n".join(lignes), encoding="utf-8")
        masque = os.umask(0)
        try:
            resultat = socle(exports, dossier / "sortie", TZ="Pacific/Auckland")
        finally:
            os.umask(masque)
        assert resultat.returncode == 0 and "Traceback" not in resultat.stdout + resultat.stderr, (
            resultat.stdout + resultat.stderr
        )

    return une_fois(tmp_path_factory, "alterations", faire) / "sortie"


@pytest.mark.parametrize("nom", CAS)
def test_what_the_field_writes(sortie: Path, nom: str) -> None:
    requete, attendu = CAS[nom][1:]
    if nom == "noms":
        attendu = ("FICHIER_INCONNU|ILLISIBLE illisible (introuvable)|FICHIER_INCONNU",)
        requete = requete.replace("order by fichier", "order by fichier like '%unites%00010101%' desc, fichier")
    assert lire(sortie / "entrepot.duckdb", f"select {requete} where finess_ej = '{EJ[nom]}'") == [attendu]


def test_every_fault_of_a_row_is_told_and_the_others_are_read(sortie: Path) -> None:
    entrepot = sortie / "entrepot.duckdb"
    rejets = lire(entrepot, f"select ligne, motif, colonne, autres_fautes from qualite.rejets where finess_ej = '{CHAOS_EJ}'")
    assert set(rejets) == FAUTES and len(rejets) == len(FAUTES)
    venues = lire(
        entrepot,
        "select iep, ipp, cast(date_entree as varchar), cast(date_sortie as varchar) from staging.stg_gam__venues"
        f" where finess_ej = '{CHAOS_EJ}' order by iep",
    )
    assert venues == [
        ("0008", "P1", "2023-05-02 00:00:00", None),
        ("007", "P1", "2023-05-02 00:00:00", None),
        ("010", "P1", "2023-05-02 00:00:00", None),
        ("1", "P1", "2023-05-03 00:30:00", "2023-06-01 00:30:00.123456"),
        ("1E05", "P1", "2023-05-02 00:00:00", None),
        ("2", "P1", "2023-05-02 08:00:00", None),
        ("3", "P1", "2023-05-02 08:05:00", None),
        ("9", "NULL", "2023-05-02 00:00:00", None),
    ]


def test_a_folder_whose_name_is_a_query_is_only_reported(sortie: Path) -> None:
    etats = lire(sortie / "entrepot.duckdb", "select etat, nb_lues from qualite.fichiers where fichier like '1'' or%'")
    assert etats == [("FICHIER_INCONNU", 0)]


def test_damaged_tables_lose_no_line(sortie: Path) -> None:
    comptes = lire(
        sortie / "entrepot.duckdb",
        "select fichier, etat, nb_lignes, nb_lues, nb_retenues + nb_remplacees + nb_rejetees + nb_ignorees from qualite.fichiers",
    )
    assert len([c for c in comptes if c[0].startswith("94")]) == NOMBRE + NOMBRE // 4
    assert {c[1] for c in comptes} <= {"LISIBLE", "ILLISIBLE", "COLONNE_MANQUANTE", "COLONNE_EN_DOUBLE", "FICHIER_INCONNU"}
    for fichier, etat, nb_lignes, nb_lues, nb_classees in comptes:
        assert nb_lues == nb_classees and (etat != "LISIBLE" or nb_lignes == nb_lues), fichier
    assert sum(c[3] for c in comptes if c[0].startswith("94")) > 8 * NOMBRE


def test_no_absurd_date_reaches_the_models(sortie: Path) -> None:
    bornes = "select count(*) from staging.stg_gam__venues where year(date_entree) not between 1880 and 2199 or year(date_sortie) not between 1880 and 2199"
    assert lire(sortie / "entrepot.duckdb", bornes) == [(0,)]


def test_only_the_owner_reads_what_comes_from_patients(sortie: Path) -> None:
    marques = [m.encode(e) for m in ("ZQKJ", "ZQKP", "1958-03-") for e in ("utf-8", "utf-16-le", "utf-16-be")]
    lus = {c: c.read_bytes() for c in sortie.rglob("*") if c.is_file()}
    assert any(m in octets for octets in lus.values() for m in marques)
    assert [c for c, octets in lus.items() if c.stat().st_mode & 0o077 and any(m in octets for m in marques)] == []


def test_an_archive_that_unfolds_beyond_reason_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "PLANCHER_OCTETS", 1_000)
    for nom, octets in (("a.csv.gz", gzip.compress(bytes(9_000_000))), ("a.csv.zip", zippe(a=bytes(9_000_000)))):
        (tmp_path / nom).write_bytes(octets)
        with pytest.raises(archives.ArchiveIllisible, match="150 fois"):
            archives.extraire(tmp_path / nom, tmp_path / "clair")
        assert not (tmp_path / "clair").exists()
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(bytes(900)))
    archives.extraire(tmp_path / "b.csv.gz", tmp_path / "clair")
    assert (tmp_path / "clair").stat().st_size == 900
