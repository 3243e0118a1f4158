"""What the guides ask to hand in: the table of docs/PIECES.md, and the pieces that the dossiers make."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pieces_des_guides
import pytest
from conftest import lire
from pypdf import PdfReader
from test_dossier import MOIS, dossiers, finess, texte  # noqa: F401

from socle import graines
from socle.dossier import ecrire
from socle.resultats.lecture import lire as lire_resultats
from socle.resultats.mots import euros, pourcentage
from socle.resultats.programmes import connus
from socle.tableau_de_bord import page as tableau_de_bord
from socle.tableau_de_bord import services

GUIDES = {"IFAQ": "000", "HOPEN2": "001", "HOPEN": "002", "SEGUR_V2": "003", "SUN_ES": "004"}
"""Beginning of the name of each programme's guide in the folder of material given with the project."""


def simple(contenu: str) -> str:
    """A text with one kind of blank and of apostrophe."""
    return re.sub(r"\s+", " ", contenu.replace("’", "'"))


def titres(pdf: Path) -> list[str]:
    """Titles of a dossier, without their numbers."""

    def parcourir(noeuds: list) -> list[str]:
        return [t for n in noeuds for t in (parcourir(n) if isinstance(n, list) else [re.sub(r"^[\d.]+ ", "", n.title)])]

    return [simple(t) for t in parcourir(PdfReader(pdf).outline)]


def test_la_page_est_celle_des_graines() -> None:
    assert pieces_des_guides.page() == pieces_des_guides.PAGE.read_text(encoding="utf-8"), "python tests/pieces_des_guides.py"


def test_chaque_piece_est_dans_son_guide(partage: Path) -> None:
    pieces = graines.lire("justificatifs_osis")
    guides = {p: simple(next((partage / "guides").glob(f"{debut}*")).read_text()) for p, debut in GUIDES.items()}
    for piece in pieces:
        if "par analogie" not in piece["source"]:
            assert piece["citation"] and simple(piece["citation"]) in guides[piece["programme"]], piece
    # And each sheet of the guides that asks for documents, or for a field, has its rows.
    fiches = set(re.findall(r"Indicateur (D\d\.\d) ?:", guides["HOPEN"]))
    sans_taux = {"D1.1", "D5.1", "D5.3", "D6.2", "D6.3", "D7.2", "D7.3", "D4.1"}
    assert len(fiches) == 26
    assert fiches == {p["indicateur"] for p in pieces if p["programme"] == "HOPEN"} - {""}
    assert fiches - sans_taux <= {p["indicateur"] for p in pieces if p["piece"] == "Détail des modalités de calcul du taux"}
    assert fiches == {c["formulaire"] for c in graines.lire("champs_osis") if re.fullmatch(r"D\d\.\d", c["formulaire"])}
    assert guides["HOPEN"].count("Documents justificatifs") == 26 + 1


def test_chaque_piece_du_dossier_est_une_section_du_dossier(dossiers: Path, finess: str) -> None:  # noqa: F811
    for programme in connus():
        presents = titres(dossiers / f"{finess}_{programme.lower()}_2023-08.pdf")
        for piece in graines.lire("justificatifs_osis"):
            if piece["programme"] == programme and piece["fourni_par"] == "dossier" and not piece["condition"]:
                for section in re.findall(r"« ([^»]+) »", piece["ou"]):
                    assert any(t.startswith(simple(section)) for t in presents), (programme, section, presents)


def test_les_patients_retenus_sont_ceux_de_l_indicateur(entrepot_demo: Path) -> None:
    assert lire(
        entrepot_demo,
        """
        select count(*) from marts.file_active as f
        full outer join marts.hopen2_p1_o1_ins_qualifiee as i using (finess_ej, periode_debut)
        where coalesce(f.coupe, 'ENSEMBLE') = 'ENSEMBLE'
            and (coalesce(nb_patients_retenus, 0) <> denominateur or coalesce(nb_qualifies, 0) <> numerateur)
        """,
    ) == [(0,)]
    somme = "nb_inconnus + nb_fictifs + nb_douteux + nb_ecartes_sans_ins + nb_patients_retenus"
    assert (
        lire(entrepot_demo, f"select count(*), count(*) filter (where nb_patients = {somme}) from marts.file_active")[0][0] > 100
    )
    assert lire(entrepot_demo, f"select count(*) from marts.file_active where nb_patients <> {somme}") == [(0,)]
    # Counted again from the venues, without the urgent ones.
    assert lire(
        entrepot_demo,
        """
        select count(*) from (
            select v.finess_ej, m.periode_debut, count(distinct v.ipp) as nb
            from intermediaire.int_venues as v inner join intermediaire.int_periodes as m
                on v.finess_ej = m.finess_ej and m.nature = 'mois' and v.date_entree <= m.periode_fin
                    and v.dernier_jour >= m.periode_debut
            where v.champ <> 'URGENCES' group by all
        ) inner join marts.file_active as f using (finess_ej, periode_debut)
        where f.coupe = 'HORS_URGENCES' and f.nb_patients <> nb
        """,
    ) == [(0,)]


def test_les_consultations_sont_celles_de_l_indicateur(entrepot_demo: Path) -> None:
    ecarts = lire(
        entrepot_demo,
        """
        with c as (
            select finess_ej, periode_debut, sum(nb_avec_dmp) as d, sum(nb_alimentees) as n, sum(nb_consultations) as t,
                   sum(nb_venues_externes) as v, sum(nb_facturees) as f
            from marts.consultations_externes group by all
        )
        select count(*), count(*) filter (where coalesce(d, 0) <> denominateur or coalesce(n, 0) <> numerateur),
               count(*) filter (where not (v >= f and f >= t and t >= d and d >= n)), max(v - f), max(t - d)
        from marts.hopen2_p1_o4_compte_rendu_consultation left join c using (finess_ej, periode_debut)
        """,
    )[0]
    assert ecarts[0] > 30 and ecarts[1:3] == (0, 0) and min(ecarts[3:]) > 0


def test_les_sites_de_l_ifaq_font_l_indicateur(entrepot_demo: Path) -> None:
    assert lire(
        entrepot_demo,
        """
        select count(*) from marts.ifaq_d2_2i_alimentation_dmp as i
        left join (
            select finess_ej, periode_debut, sum(nb_sejours_du_site) as t, sum(nb_avec_dmp_du_site) as d, sum(nb_alimentes_du_site) as n
            from marts.ifaq_sites group by all
        ) as s using (finess_ej, periode_debut)
        where (coalesce(t, 0), coalesce(d, 0), coalesce(n, 0)) <> (i.nb_sejours_total, i.denominateur, i.numerateur)
        """,
    ) == [(0,)]


def test_le_financement_est_celui_de_l_entrepot(dossiers: Path, finess: str, entrepot_demo: Path) -> None:  # noqa: F811
    contenu = texte(dossiers / f"{finess}_sun_es_2023-08.pdf")
    section = contenu[contenu.index("Ce que chaque domaine paie") :]
    lignes = lire(
        entrepot_demo,
        f"select montant_total, cout_ds1_3 from marts.sun_es_financement where finess_ej = '{finess}' order by fenetre",
    )
    assert len(lignes) == 4 and any(total for total, _ in lignes)
    totaux = [simple(euros(total)) for total, _ in lignes]
    assert re.search(r"Total " + " ".join(map(re.escape, totaux)), section), totaux
    couts = [simple(euros(cout)) if cout else "—" for _, cout in lignes]
    assert re.search(r"DS1\.3 " + " ".join(map(re.escape, couts)), section), couts


def test_les_champs_de_hopen_sont_ceux_des_tables(dossiers: Path, finess: str, entrepot_demo: Path) -> None:  # noqa: F811
    contenu = texte(dossiers / f"{finess}_hopen_2023-08.pdf")
    ((nb, total, taux),) = lire(
        entrepot_demo,
        f"""
        select nb_remplissant, nb_concernes, taux_complement from marts.complements_hopen_mesures
        where finess_ej = '{finess}' and complement = 'LETTRE_DE_LIAISON' and periode_fin = date '2023-08-31'
        """,
    )
    part = simple(pourcentage(taux))
    assert re.search(rf"D2\.2 Pourcentage de la lettre de liaison .*? {re.escape(part)} ", contenu)
    assert f" {nb} {total} {part} " in contenu[contenu.index("Lettres de liaison et bonus") :]
    editeurs = lire(
        entrepot_demo,
        f"select distinct editeur from marts.applications_hopen where finess_ej = '{finess}' and editeur is not null",
    )
    section = contenu[contenu.index("Cible de convergence") :]
    assert editeurs and all(editeur in section for (editeur,) in editeurs)
    assert "application identique partout" in section or "déclare" in section


def test_la_cascade_est_imprimee(dossiers: Path, finess: str, entrepot_demo: Path) -> None:  # noqa: F811
    contenu = texte(dossiers / f"{finess}_hopen2_2023-08.pdf")
    coupes = lire(
        entrepot_demo,
        f"""
        select nb_patients, nb_patients_retenus, nb_qualifies from marts.file_active
        where finess_ej = '{finess}' and periode_debut = date '{MOIS}' and coupe in ('ENSEMBLE', 'HORS_URGENCES') order by coupe
        """,
    )
    for rang, etape in enumerate(
        ("Patients venus dans le mois", "= patients retenus (dénominateur)", "dont INS qualifiée (numérateur)")
    ):
        assert f"{etape} {' '.join(str(c[rang]) for c in coupes)} " in contenu
    assert "L’opérateur compte les messages, pas les patients" in contenu


def test_l_attestation_d_une_had_ne_parait_que_si_elle_est_due(
    tmp_path: Path,
    sortie_demo: Path,
    entrepot_demo: Path,
    dossiers: Path,  # noqa: F811
    finess: str,  # noqa: F811
) -> None:
    (tmp_path / "dbt").symlink_to((sortie_demo / "dbt").resolve())
    dus = lire(
        entrepot_demo,
        "select finess_ej, periode_debut from marts.conditions_des_pieces where condition = 'HAD_SANS_ORDONNANCE' order by 2 desc",
    )
    ordonnances = "select count(*) from intermediaire.int_documents where famille = 'ODS' and finess_ej"
    for ej, debut in dus:
        assert lire(entrepot_demo, f"{ordonnances} = '{ej}' and date_trunc('month', date_creation) = date '{debut}'") == [(0,)]
    ej, debut = dus[0]
    pdf, _ = ecrire(entrepot_demo, tmp_path, ej, "HOPEN2", debut)
    assert "Je soussigné(e)" in texte(pdf) and "Attestation sur l'honneur" in titres(pdf)
    assert (finess, MOIS) not in dus
    assert "Je soussigné(e)" not in texte(dossiers / f"{finess}_hopen2_2023-08.pdf")


@pytest.mark.parametrize("programme", connus())
def test_aucun_titre_n_est_coupe_de_ce_qui_le_suit(dossiers: Path, finess: str, programme: str) -> None:  # noqa: F811
    pdf = dossiers / f"{finess}_{programme.lower()}_2023-08.pdf"
    noms = titres(pdf)
    entetes = {
        "Code Pièce Où la trouver",
        "Type Libellé Documents Envois dont CDA dont INS qualifiée Validé par la CME Automatique",
    }
    for page in PdfReader(pdf).pages:
        lignes = [simple(ligne).strip() for ligne in page.extract_text().splitlines() if ligne.strip()]
        corps = [ligne for ligne in lignes if not re.search(r"^Données extraites le|\d+ / \d+$", ligne)]
        derniere = re.sub(r"^[\d.]+ ", "", corps[-1])
        assert derniere not in noms and derniere not in entetes, corps[-3:]


def test_les_chiffres_sont_ceux_du_tableau_de_bord(dossiers: Path, finess: str, entrepot_demo: Path) -> None:  # noqa: F811
    donnees = json.loads(json.dumps(tableau_de_bord.donnees(lire_resultats(entrepot_demo), services.lire(entrepot_demo, 0))))
    compares = 0
    for programme in connus():
        with zipfile.ZipFile(dossiers / f"{finess}_{programme.lower()}_2023-08.zip") as archive:
            montres = list(csv.DictReader(io.StringIO(archive.read("resultats.csv").decode("utf-8-sig")), delimiter=";"))
        for ligne in montres:
            serie = donnees["series"][finess].get(ligne["indicateur"], {}).get(ligne["axe"])
            if serie is None or not ligne["denominateur"]:
                continue
            premier, longueur, *colonnes = serie
            debuts = [p[0] for p in donnees["periodes"][premier : premier + longueur]]
            if ligne["debut"] not in debuts:
                continue
            rang = debuts.index(ligne["debut"])
            vu = [c[rang] if isinstance(c, list) else c for c in colonnes[:2]]
            assert vu == [int(ligne["numerateur"]), int(ligne["denominateur"])], ligne
            compares += 1
    assert compares > 40
