"""The oSIS dossier: its figures against the warehouse, what the zip holds, and what it must not hold."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import lire, mots, une_fois
from pypdf import PdfReader

from socle import graines
from socle.dossier import ecrire
from socle.dossier.contenu import typographier
from socle.dossier.sql import ancetres
from socle.parametres import ErreurSocle
from socle.resultats.mots import libelle_periode, nombre, points, pourcentage
from socle.resultats.programmes import connus

MOIS = date(2023, 8, 1)


@pytest.fixture(scope="session")
def finess(entrepot_demo: Path) -> str:
    """The establishment of the demonstration with the most séjours."""
    return lire(entrepot_demo, "select finess_ej from intermediaire.int_sejours group by 1 order by count(*) desc")[0][0]


@pytest.fixture(scope="session")
def dossiers(tmp_path_factory: pytest.TempPathFactory, sortie_demo: Path, entrepot_demo: Path, finess: str) -> Path:
    """Dossiers of every programme, for one establishment and month."""

    def faire(dossier: Path) -> None:
        (dossier / "dbt").mkdir()
        shutil.copy(sortie_demo / "dbt" / "manifest.json", dossier / "dbt")
        for programme in connus():
            ecrire(entrepot_demo, dossier, finess, programme, MOIS)
        ecrire(entrepot_demo, dossier, finess, "HOPEN2", None)

    return une_fois(tmp_path_factory, "dossiers", faire) / "dossiers"


def texte(pdf: Path) -> str:
    pages = "\n".join(page.extract_text() for page in PdfReader(pdf).pages)
    return re.sub(r"\s+", " ", pages)


def archive(dossiers: Path, finess: str, programme: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(dossiers / f"{finess}_{programme.lower()}_2023-08.zip")


def test_le_pdf_donne_les_chiffres_de_l_entrepot(dossiers: Path, finess: str, entrepot_demo: Path) -> None:
    contenu = texte(dossiers / f"{finess}_hopen2_2023-08.pdf")
    lignes = lire(
        entrepot_demo,
        f"""
        select indicateur, numerateur, denominateur, taux, cible, numerateur_national_traces, taux_national, ecart_points
        from marts.indicateurs
        where programme = 'HOPEN2' and finess_ej = '{finess}' and periode_debut = date '{MOIS}' and applicable
        """,
    )
    assert len(lignes) >= 7
    for code, numerateur, denominateur, taux, cible, traces, national, ecart in lignes:
        fiche = re.search(rf"4\.\d+ {re.escape(code)} : .*?(?=4\.\d+ P1|5 Notion de séjour)", contenu)
        assert fiche, code
        ligne = rf"août 2023 {nombre(numerateur)} {nombre(denominateur)} \D+ {pourcentage(taux, cible)} {cible} %"
        assert re.search(ligne.replace("\u00a0", " ").replace("\u202f", " "), fiche[0]), (code, fiche[0])
        if traces is not None:
            assert f" {nombre(traces)} " in fiche[0]
            assert pourcentage(national).replace("\u00a0", " ") in fiche[0]
            assert points(ecart).replace("\u00a0", " ") in fiche[0]


def test_sans_mois_chaque_indicateur_est_au_mois_ou_il_est_juge(dossiers: Path, finess: str, entrepot_demo: Path) -> None:
    contenu = texte(dossiers / f"{finess}_hopen2_meilleurs_mois.pdf")
    d_un_mois = texte(dossiers / f"{finess}_hopen2_2023-08.pdf")
    meilleurs = lire(
        entrepot_demo,
        f"""
        select indicateur, meilleur_mois, periode_fin, numerateur, denominateur, taux, cible
        from marts.hopen2_meilleur_mois where finess_ej = '{finess}'
        """,
    )
    assert len({mois for _, mois, *_ in meilleurs}) > 1
    for code, debut, fin, numerateur, denominateur, taux, cible in meilleurs:
        mois = libelle_periode(debut, fin)
        assert re.search(rf"{re.escape(code)} .{{10,120}}? {mois} {numerateur} / {denominateur} ", contenu), code
        juge = re.sub(r"\s+", " ", f"{mois}, meilleur mois : {pourcentage(taux, cible)}")
        assert juge in contenu and juge in d_un_mois, code


def test_l_entonnoir_est_complet(dossiers: Path, finess: str, entrepot_demo: Path) -> None:
    contenu = texte(dossiers / f"{finess}_hopen2_2023-08.pdf")
    fiche = re.search(r"4\.2 P1\.O2\.LDL.*?4\.3", contenu)
    assert fiche
    for libelle, nb in lire(
        entrepot_demo,
        f"""
        select libelle_etape, nb from marts.entonnoir
        where finess_ej = '{finess}' and indicateur = 'P1.O2.LDL' and periode_debut = date '{MOIS}'
        """,
    ):
        assert f"{libelle} {nb}" in fiche[0]


def test_les_formulaires_ifaq_suivent_l_ordre_du_guide(dossiers: Path, finess: str, entrepot_demo: Path) -> None:
    contenu = texte(dossiers / f"{finess}_ifaq_2023-08.pdf")
    for formulaire in ("D2.2I", "D6.3I"):
        position = contenu.index(f"Fiche {formulaire}")
        for (intitule,) in lire(
            entrepot_demo, f"select intitule from reference.champs_osis where formulaire = '{formulaire}' order by ordre"
        ):
            # Cells wrap: the first words are enough to find a field.
            debut = re.sub(r"\s+", " ", str(typographier(" ".join(intitule.split()[:3])))).replace("\u202f", " ")
            position = contenu.index(debut.replace("\u00a0", " "), position) + 1
    total, alimentes, avec_dmp = lire(
        entrepot_demo,
        f"""
        select nb_sejours_total, nb_sejours_dmp_alimente, nb_sejours_avec_dmp from marts.ifaq_osis_d2_2i
        where finess_ej = '{finess}' and periode_debut = date '{MOIS}'
        """,
    )[0]
    fiche = contenu[contenu.index("Fiche D2.2I") : contenu.index("Fiche D6.3I")]
    assert all(f" {nombre(v)} à saisir" in fiche for v in (total, alimentes, avec_dmp))


def test_la_notion_de_sejour_est_justifiee_activite_par_activite(dossiers: Path, finess: str, entrepot_demo: Path) -> None:
    contenu = texte(dossiers / f"{finess}_hopen2_2023-08.pdf")
    section = contenu[contenu.index("5 Notion de séjour") : contenu.index("6 Documents transmis")]
    noms = {"PSY": "Psychiatrie", "CHIMIOTHERAPIE": "Chimiothérapie", "RADIOTHERAPIE": "Radiothérapie", "DIALYSE": "Dialyse"}
    lignes = lire(
        entrepot_demo,
        f"""
        select activite, count(*) filter (where clos and date_sortie between date '{MOIS}' and date '2023-08-31')
        from intermediaire.int_sejours where finess_ej = '{finess}' group by 1
        """,
    )
    assert lignes
    for activite, clos in lignes:
        assert re.search(rf"{noms.get(activite, activite)} .*? {clos} \d+ \d+ \d+ \d+", section)
    assert f"Total {sum(n for _, n in lignes)} " in section


def test_les_documents_transmis_par_canal(dossiers: Path, finess: str, entrepot_demo: Path) -> None:
    contenu = texte(dossiers / f"{finess}_hopen2_2023-08.pdf")
    for titre, requete in (
        ("6.1", "select type_code_document, count(*) from intermediaire.int_alimentations where mois"),
        (
            "6.2",
            "select type_code, count(*) from intermediaire.int_messages_mss where canal = 'PRO' and document_connu and periode_debut",
        ),
    ):
        section = contenu[contenu.index(f"{titre} Documents") :]
        for type_code, envois in lire(entrepot_demo, f"{requete} = date '{MOIS}' and finess_ej = '{finess}' group by 1"):
            assert re.search(rf"{re.escape(type_code)} \D[^0-9]*?.*? \d+ {envois} ", section), (titre, type_code, envois)


def test_le_zip_contient_la_preuve(dossiers: Path, finess: str, exports_demo: Path, entrepot_demo: Path) -> None:
    with archive(dossiers, finess, "HOPEN2") as zipe:
        noms = set(zipe.namelist())
        assert zipe.testzip() is None
        assert zipe.read(f"{finess}_hopen2_2023-08.pdf") == (dossiers / f"{finess}_hopen2_2023-08.pdf").read_bytes()
        for (population,) in lire(
            entrepot_demo, "select population from reference.catalogue_indicateurs where programme = 'HOPEN2'"
        ):
            assert f"sql/3_populations/{population}.sql" in noms
        assert {
            "sql/2_intermediaire/int_sejours.sql",
            "sql/2_intermediaire/int_gam_venues.sql",
            "referentiels/etapes.csv",
        } <= noms
        sql = zipe.read("sql/3_populations/pop_hopen2_p1_o2_lettre_liaison.sql").decode()
        assert "{{" not in sql and "int_sejours" in sql and sql.startswith("--")
        empreintes = list(csv.DictReader(io.StringIO(zipe.read("empreintes.csv").decode("utf-8-sig")), delimiter=";"))
        for ligne in empreintes:
            if ligne["etat"] == "LISIBLE":
                assert hashlib.sha256((exports_demo / ligne["chemin"]).read_bytes()).hexdigest() == ligne["empreinte"]
        assert {ligne["finess"] for ligne in empreintes} == {finess, ""}
        resultats = list(csv.DictReader(io.StringIO(zipe.read("resultats.csv").decode("utf-8-sig")), delimiter=";"))
        assert [r["indicateur"] for r in resultats][:2] == ["P1.O1", "P1.O2.LDL"] and len(resultats) == 9
        provenance = json.loads(zipe.read("versions.json"))
        assert provenance["date_extraction"] == "2023-12-31" and provenance["versions"]["duckdb"] == duckdb.__version__
        assert re.match(r"[0-9a-f]{10}|inconnue", provenance["revision"])
        assert provenance["construit_le"] <= provenance["produit_le"]


def test_les_requetes_jointes_sont_celles_que_dbt_a_executees(dossiers: Path, finess: str, sortie_demo: Path) -> None:
    executees = {f.name: f for f in (sortie_demo / "dbt" / "compiled" / "socle" / "models").rglob("*.sql")}
    with archive(dossiers, finess, "SUN_ES") as zipe:
        jointes = [n for n in zipe.namelist() if n.startswith("sql/")]
        assert len(jointes) > 20
        for nom in jointes:
            assert zipe.read(nom).decode().strip() == executees[nom.split("/")[-1]].read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("programme", connus())
def test_aucun_identifiant(dossiers: Path, finess: str, identifiants_demo: set[str], programme: str) -> None:
    assert not mots(texte(dossiers / f"{finess}_{programme.lower()}_2023-08.pdf")) & identifiants_demo
    with archive(dossiers, finess, programme) as zipe:
        for nom in zipe.namelist():
            if nom.startswith("referentiels/"):
                # Code lists of the project, the same for every hospital.
                assert zipe.read(nom) == graines.chemin(Path(nom).stem).read_bytes()
            elif nom.startswith("sql/"):
                # A rejected value may be a word of any query; an identifier has a digit.
                trouves = mots(zipe.read(nom).decode("utf-8")) & identifiants_demo
                assert not {t for t in trouves if re.search(r"\d", t)}, nom
            elif not nom.endswith(".pdf"):
                assert not mots(zipe.read(nom).decode("utf-8")) & identifiants_demo, nom


@pytest.mark.parametrize("programme", connus())
def test_le_pdf_est_francais_et_se_suffit(dossiers: Path, finess: str, programme: str) -> None:
    lecteur = PdfReader(dossiers / f"{finess}_{programme.lower()}_2023-08.pdf")
    racine = lecteur.trailer["/Root"]
    assert racine["/Lang"] == "fr-FR" and racine["/MarkInfo"]["/Marked"]
    assert lecteur.metadata.title.startswith("Dossier justificatif")
    assert {(round(float(p.mediabox.width)), round(float(p.mediabox.height))) for p in lecteur.pages} == {(595, 842)}
    brut = "\n".join(page.extract_text() for page in lecteur.pages)
    # No line may begin with a sign that French keeps with the word before it.
    assert not [ligne for ligne in brut.splitlines() if re.match(r"\s*[:;!?»%]( |$)", ligne)]
    for police in (f for p in lecteur.pages for f in p["/Resources"]["/Font"].values()):
        descripteur = police.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descripteur.get_object())


def test_un_mois_incomplet_le_dit(tmp_path: Path, sortie_demo: Path, entrepot_demo: Path, finess: str) -> None:
    copie = tmp_path / "entrepot.duckdb"
    shutil.copy(entrepot_demo, copie)
    (tmp_path / "dbt").mkdir()
    shutil.copy(sortie_demo / "dbt" / "manifest.json", tmp_path / "dbt")
    with duckdb.connect(str(copie)) as connexion:
        connexion.execute("update qualite.execution set date_extraction = date '2023-08-10'")
    pdf, _ = ecrire(copie, tmp_path, finess, "hopen2", MOIS)
    assert "Mois incomplet." in texte(pdf)


@pytest.mark.parametrize(
    ("finess_demande", "programme", "mois", "message"),
    [
        ("000000000", "HOPEN2", MOIS, r"Établissement 000000000 inconnu : choisissez parmi \w{9}, "),
        (None, "HOPEN3", MOIS, "Programme HOPEN3 inconnu : choisissez parmi HOPEN2, IFAQ, "),
        (None, "HOPEN2", date(2031, 1, 1), r"Aucune mesure de \w{9} en 01/2031 : choisissez un mois de \d\d/20\d\d à 12/2023"),
    ],
)
def test_une_demande_impossible_dit_quoi_faire(
    tmp_path: Path,
    sortie_demo: Path,
    entrepot_demo: Path,
    finess: str,
    finess_demande: str | None,
    programme: str,
    mois: date,
    message: str,
) -> None:
    (tmp_path / "dbt").symlink_to((sortie_demo / "dbt").resolve())
    with pytest.raises(ErreurSocle, match=message):
        ecrire(entrepot_demo, tmp_path, finess_demande or finess, programme, mois)
    assert not (tmp_path / "dossiers").exists()


def test_sans_manifeste_rien_n_est_ecrit(tmp_path: Path, entrepot_demo: Path, finess: str) -> None:
    with pytest.raises(ErreurSocle, match=r"manifest.json manque ou est illisible : relancez « socle run »"):
        ecrire(entrepot_demo, tmp_path, finess, "HOPEN2", MOIS)
    (tmp_path / "manifest.json").write_text('{"nodes": {}, "metadata": {}}')
    with pytest.raises(ErreurSocle, match=r"Le modèle absent n’est pas dans"):
        ancetres(tmp_path / "manifest.json", ["absent"])
    assert not (tmp_path / "dossiers").exists()


def test_la_typographie_francaise() -> None:
    assert typographier({"a": ["Taux : 3 % ; « oui » ?"]}) == {"a": ["Taux\u00a0: 3\u00a0%\u202f; «\u00a0oui\u00a0»\u202f?"]}
