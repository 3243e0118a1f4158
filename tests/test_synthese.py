"""The synthesis views against the same figures counted again in Python, from the marts and populations they summarise."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import copier_pour_alterer, lire

Ligne = dict[str, Any]


def lignes(entrepot: Path, table: str) -> list[Ligne]:
    """Rows of a table, as dictionaries."""
    with duckdb.connect(str(entrepot), read_only=True) as connexion:
        curseur = connexion.execute(f"select * from {table}")
        colonnes = [description[0] for description in curseur.description]
        return [dict(zip(colonnes, ligne, strict=True)) for ligne in curseur.fetchall()]


def choisir(rangs: Iterable[Ligne], colonnes: Iterable[str]) -> Counter[tuple]:
    """Rows as a multiset of the given columns."""
    noms = list(colonnes)
    return Counter(tuple(rang[nom] for nom in noms) for rang in rangs)


@pytest.fixture(scope="module")
def indicateurs(entrepot_demo: Path) -> list[Ligne]:
    return lignes(entrepot_demo, "marts.indicateurs")


@pytest.fixture(scope="module")
def juges(entrepot_demo: Path) -> list[Ligne]:
    return lignes(entrepot_demo, "marts.indicateurs_juges")


@pytest.fixture(scope="module")
def catalogue(entrepot_demo: Path) -> dict[str, Ligne]:
    return {ligne["indicateur"]: ligne for ligne in lignes(entrepot_demo, "reference.catalogue_indicateurs")}


@pytest.fixture(scope="module")
def etablissements(entrepot_demo: Path) -> dict[str, Ligne]:
    return {ligne["finess_ej"]: ligne for ligne in lignes(entrepot_demo, "staging.stg_reference__etablissements")}


def test_indicateurs_reunit_chaque_table(
    entrepot_demo: Path, indicateurs: list[Ligne], catalogue: dict[str, Ligne], etablissements: dict[str, Ligne]
) -> None:
    par_table = defaultdict(list)
    for ligne in indicateurs:
        par_table[ligne["nom_table"]].append(ligne)
    assert set(par_table) == {ligne["nom_table"] for ligne in catalogue.values()}
    for table, reunies in par_table.items():
        attendues = lignes(entrepot_demo, f"marts.{table}")
        colonnes = attendues[0].keys() & reunies[0].keys()
        assert {"indicateur", "numerateur", "denominateur", "taux", "cible_atteinte", "motif_non_applicable"} <= colonnes
        assert choisir(reunies, colonnes) == choisir(attendues, colonnes), table
    for ligne in indicateurs:
        fiche, etablissement = catalogue[ligne["indicateur"]], etablissements[ligne["finess_ej"]]
        assert [ligne[c] for c in ("ordre", "libelle", "nature", "nom_table", "programme")] == [
            fiche[c] for c in ("ordre", "libelle", "nature", "nom_table", "programme")
        ]
        assert (ligne["raison_sociale"], ligne["ght"]) == (etablissement["raison_sociale"], etablissement["ght"])


def test_taux_cible_et_restant(indicateurs: list[Ligne]) -> None:
    vus: Counter[Any] = Counter()
    for ligne in indicateurs:
        if ligne["nature"] != "taux":
            continue
        numerateur, denominateur, cible = ligne["numerateur"], ligne["denominateur"], ligne["cible"]
        motif = ligne["motif_non_applicable"]
        vus[motif] += 1
        mesurable = denominateur and motif != "FLUX_ABSENT"
        assert ligne["taux"] == (100.0 * numerateur / denominateur if mesurable else None), ligne
        assert ligne["applicable"] == (motif is None), ligne
        assert (motif == "AUCUN_CAS") <= (denominateur == 0) and (denominateur == 0) <= (motif is not None), ligne
        if motif is None and cible is not None:
            assert ligne["cible_atteinte"] == (ligne["taux"] >= cible), ligne
            assert ligne["restant_pour_cible"] == max(0, math.ceil(float(cible) * denominateur / 100) - numerateur), ligne
        else:
            assert ligne["cible_atteinte"] is None and ligne["restant_pour_cible"] is None, ligne
        national = ligne["numerateur_national_constate"]
        national = ligne["numerateur_national_traces"] if national is None else national
        if mesurable and national is not None:
            assert ligne["taux_national"] == 100.0 * national / denominateur, ligne
            assert ligne["ecart_points"] == ligne["taux_national"] - ligne["taux"], ligne
        else:
            assert ligne["taux_national"] is None and ligne["ecart_points"] is None, ligne
    assert vus[None] > 500 and vus["AUCUN_CAS"] > 0, vus


def meilleur(mois: Iterable[Ligne]) -> Ligne | None:
    """The highest rate, then the most units, then the first month."""
    return min(mois, key=lambda m: (-m["taux"], -m["denominateur"], m["periode_debut"]), default=None)


def test_indicateurs_juges(entrepot_demo: Path, indicateurs: list[Ligne], juges: list[Ligne]) -> None:
    ((debut, fin),) = lire(
        entrepot_demo,
        "select date_debut, date_fin from reference.fenetres_sun_es where date_debut <= '2023-12-31' order by 1 desc limit 1",
    )
    par_axe: dict[tuple, list[Ligne]] = defaultdict(list)
    for ligne in indicateurs:
        par_axe[ligne["indicateur"], ligne["finess_ej"], ligne["axe"]].append(ligne)
    attendues, choix = [], Counter()
    for groupe in par_axe.values():
        programme = groupe[0]["programme"]
        candidats = [m for m in groupe if m["applicable"] and m["taux"] is not None and m["nature"] != "declaratif"]
        if programme == "SUN_ES":
            choisi = meilleur(m for m in candidats if debut <= m["periode_debut"] <= fin)
        elif programme in ("HOPEN2", "IFAQ"):
            choisi = meilleur(m for m in candidats if m["periode_complete"] and (m["mois_recueil"] or programme == "HOPEN2"))
        else:
            choisi = None
        choix[programme, choisi is not None] += 1
        choisi = choisi or max((m for m in groupe if m["periode_complete"]), key=lambda m: m["periode_fin"], default=None)
        attendues += [choisi] if choisi else []
    assert choisir(juges, indicateurs[0]) == choisir(attendues, indicateurs[0])
    assert all(choix[programme, True] for programme in ("HOPEN2", "IFAQ", "SUN_ES")), choix
    assert {ligne["choix"] for ligne in juges} == {"MEILLEUR_MOIS", "MEILLEUR_MOIS_DE_LA_FENETRE", "DERNIERE_PERIODE"}


def test_evolution(entrepot_demo: Path, indicateurs: list[Ligne]) -> None:
    suites: dict[tuple, list[Ligne]] = defaultdict(list)
    for ligne in indicateurs:
        if ligne["nature"] != "declaratif" and ligne["periode_debut"] < ligne["periode_fin"]:
            suites[ligne["indicateur"], ligne["finess_ej"], ligne["axe"]].append(ligne)

    def ecart(apres: float | None, avant: float | None) -> float | None:
        return None if apres is None or avant is None else apres - avant

    attendues = {}
    for cle, suite in suites.items():
        suite.sort(key=lambda ligne: ligne["periode_debut"])
        for avant, apres in [({}, suite[0]), *pairwise(suite)]:
            attendues[(*cle, apres["periode_debut"])] = (
                avant.get("periode_debut"),
                ecart(apres["taux"], avant.get("taux")),
                ecart(apres["numerateur"], avant.get("numerateur")),
                ecart(apres["taux"], apres["cible"] and float(apres["cible"])),
            )
    lues = {
        (ligne["indicateur"], ligne["finess_ej"], ligne["axe"], ligne["periode_debut"]): ligne
        for ligne in lignes(entrepot_demo, "marts.evolution")
    }
    assert lues.keys() == attendues.keys()
    for cle, (debut, points, nombre, cible) in attendues.items():
        ligne = lues[cle]
        assert (ligne["periode_precedente_debut"], ligne["evolution_numerateur"]) == (debut, nombre), cle
        assert ligne["evolution_points"] == pytest.approx(points) and ligne["ecart_cible_points"] == pytest.approx(cible), cle
    assert sum(points not in (None, 0) for _, points, *_ in attendues.values()) > 100


def test_ght_atteinte(
    entrepot_demo: Path, juges: list[Ligne], catalogue: dict[str, Ligne], etablissements: dict[str, Ligne]
) -> None:
    par_cle = {(d["indicateur"], d["finess_ej"]): d for d in juges if d["axe"] == "TOUS"}
    avec_cible = {indicateur for (indicateur,) in lire(entrepot_demo, "select distinct indicateur from reference.cibles")}
    situations: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for etablissement in etablissements.values():
        for indicateur in avec_cible & catalogue.keys():
            if not etablissement["ght"]:
                continue
            derniere = par_cle.get((indicateur, etablissement["finess_ej"]), {})
            if derniere.get("cible_atteinte") is not None:
                situation = "ATTEINT" if derniere["cible_atteinte"] else "NON_ATTEINT"
            elif derniere.get("motif_non_applicable") in ("ACTIVITE_ABSENTE", "AUCUN_CAS", "NON_CONCERNE"):
                situation = "NON_CONCERNE"
            else:
                situation = "SANS_CIBLE" if derniere.get("applicable") else "SANS_MESURE"
            situations[indicateur, etablissement["ght"]][situation].append(etablissement["raison_sociale"])
    lues = {(ligne["indicateur"], ligne["ght"]): ligne for ligne in lignes(entrepot_demo, "marts.ght_atteinte")}
    assert lues.keys() == situations.keys()
    for cle, s in situations.items():
        ligne = lues[cle]
        assert ligne["nb_etablissements"] == sum(map(len, s.values())), cle
        for colonne, situation in (
            ("nb_atteints", "ATTEINT"),
            ("nb_non_atteints", "NON_ATTEINT"),
            ("nb_non_concernes", "NON_CONCERNE"),
            ("nb_sans_mesure", "SANS_MESURE"),
        ):
            assert ligne[colonne] == len(s[situation]), (cle, colonne)
        manquent = bool(s["NON_ATTEINT"] or s["SANS_MESURE"])
        assert ligne["atteint_par_tous"] is (False if manquent else True if s["ATTEINT"] else None), cle
        assert ligne["etablissements_non_atteints"] == (", ".join(sorted(s["NON_ATTEINT"])) or None), cle
        assert ligne["etablissements_sans_mesure"] == (", ".join(sorted(s["SANS_MESURE"])) or None), cle
    assert {ligne["atteint_par_tous"] for ligne in lues.values()} >= {True, False}


def test_entonnoir(entrepot_demo: Path, indicateurs: list[Ligne], catalogue: dict[str, Ligne]) -> None:
    etapes = [
        etape
        for (etape,) in lire(entrepot_demo, "select etape from reference.etapes order by cast(ordre as integer)")
        # A step of a reading that is not the one retained.
        if etape != "ALIMENTE_APRES"
    ]
    resultats = {(i["indicateur"], i["finess_ej"], i["periode_debut"]): i for i in indicateurs if i["axe"] == "TOUS"}
    lues: dict[tuple, dict[str, int]] = defaultdict(dict)
    for ligne in lignes(entrepot_demo, "marts.entonnoir"):
        etape = lues[ligne["indicateur"], ligne["finess_ej"], ligne["periode_debut"]]
        assert ligne["etape"] not in etape
        etape[ligne["etape"]] = ligne["nb"]
    assert {cle[0] for cle in lues} == {nom for nom, fiche in catalogue.items() if fiche["entonnoir"] == "oui"}
    assert lues.keys() == {cle for cle in resultats if catalogue[cle[0]]["entonnoir"] == "oui"}
    populations = {
        population: Counter(lire(entrepot_demo, f"select finess_ej, periode_debut, etape from populations.{population}"))
        for population in {catalogue[cle[0]]["population"] for cle in lues}
    }
    for (indicateur, finess, debut), par_etape in lues.items():
        unites = populations[catalogue[indicateur]["population"]]
        assert par_etape == {etape: unites[finess, debut, etape] for etape in etapes}, (indicateur, finess, debut)
        resultat = resultats[indicateur, finess, debut]
        assert (sum(par_etape.values()), par_etape["ALIMENTE"]) == (resultat["denominateur"], resultat["numerateur"])
    assert sum(par_etape["ALIMENTE"] for par_etape in lues.values()) > 100


def test_documents_transmis(entrepot_demo: Path) -> None:
    libelles = dict(lire(entrepot_demo, "select type_code, libelle from reference.types_documents"))
    colonnes = "finess_ej, {}, type_code, set_id, niveau_cda, ins_qualifiee"
    envois: dict[tuple, list[tuple]] = defaultdict(list)
    for finess, mois, type_code, *envoi in lire(
        entrepot_demo, f"select {colonnes.format('mois')} from intermediaire.int_alimentations"
    ):
        envois[finess, mois, "DMP", type_code].append(tuple(envoi))
    canaux = {"PRO": "MSS_PRO", "CITOYENNE": "MSS_CITOYENNE"}
    for canal, finess, mois, type_code, *envoi in lire(
        entrepot_demo,
        f"select canal, {colonnes.format('periode_debut')} from intermediaire.int_messages_mss where document_connu",
    ):
        envois[finess, mois, canaux[canal], type_code].append(tuple(envoi))
    attendues = {
        cle: (
            libelles.get(cle[3], "Type hors nomenclature"),
            len(liste),
            len({set_id for set_id, _, _ in liste}),
            sum(niveau in ("N1", "N3") for _, niveau, _ in liste),
            sum(bool(ins) for *_, ins in liste),
        )
        for cle, liste in envois.items()
    }
    lues = {
        tuple(ligne[:4]): tuple(ligne[4:])
        for ligne in lire(
            entrepot_demo,
            "select finess_ej, periode_debut, canal, type_code, libelle, nb_envois, nb_documents, nb_envois_cda,"
            " nb_envois_ins_qualifiee from marts.documents_transmis",
        )
    }
    assert lues == attendues
    assert {canal for _, _, canal, _ in lues} == {"DMP", "MSS_PRO", "MSS_CITOYENNE"}


@pytest.mark.parametrize("programme", ["HOPEN2", "IFAQ"])
def test_meilleur_mois(entrepot_demo: Path, indicateurs: list[Ligne], programme: str) -> None:
    possibles: dict[tuple, list[Ligne]] = defaultdict(list)
    for ligne in indicateurs:
        dans_la_campagne = ligne["mois_recueil"] or programme == "HOPEN2"
        if ligne["programme"] == programme and ligne["applicable"] and ligne["periode_complete"] and dans_la_campagne:
            possibles[ligne["indicateur"], ligne["finess_ej"]].append(ligne)
    table = f"marts.{programme.lower()}_meilleur_mois"
    lues = {(ligne["indicateur"], ligne["finess_ej"]): ligne for ligne in lignes(entrepot_demo, table)}
    assert lues.keys() == possibles.keys() and lues
    for cle, mois in possibles.items():
        choisi = meilleur(mois)
        ligne = lues[cle]
        assert choisi and (ligne["meilleur_mois"], ligne["numerateur"], ligne["denominateur"], ligne["taux"]) == (
            choisi["periode_debut"], choisi["numerateur"], choisi["denominateur"], choisi["taux"],
        ), cle  # fmt: skip
        assert (ligne["nb_mois_possibles"], ligne["nb_mois_atteints"]) == (
            len(mois), sum(bool(m["cible_atteinte"]) for m in mois),
        ), cle  # fmt: skip


def test_sejours_par_activite(entrepot_demo: Path) -> None:
    sejours = lignes(entrepot_demo, "intermediaire.int_sejours")
    mois = lire(entrepot_demo, "select finess_ej, periode_debut from intermediaire.int_periodes where nature = 'mois'")
    comptes: dict[tuple[str, date, str], list[int]] = {
        (finess, debut, activite): [0] * 5
        for finess, debut in mois
        for activite in {s["activite"] for s in sejours if s["finess_ej"] == finess}
    }
    for s in sejours:
        if s["clos"]:
            compte = comptes[s["finess_ej"], s["date_sortie"].replace(day=1), s["activite"]]
            retenu = s["retenu"]
            oui = (
                True,
                retenu,
                s["a_un_dmp_a_l_entree"],
                retenu and s["a_un_dmp_a_la_sortie"],
                retenu and s["provisoire"],
            )
            for rang, vrai in enumerate(oui):
                compte[rang] += bool(vrai)
    lues = {
        (ligne["finess_ej"], ligne["periode_debut"], ligne["activite"]): [
            ligne[c] for c in ("nb_clos", "nb_retenus", "nb_avec_dmp_a_l_entree", "nb_avec_dmp_a_la_sortie", "nb_provisoires")
        ]
        for ligne in lignes(entrepot_demo, "marts.sejours_par_activite")
    }
    assert lues == comptes
    assert sum(compte[0] for compte in comptes.values()) > 100


def test_ce_qui_manque_est_ce_que_le_financement_paierait(entrepot_demo: Path, sql_compile: Path, tmp_path: Path) -> None:
    """The funding computed again with one indicator reached, then with all that can be."""
    financement = (sql_compile / "models" / "marts" / "synthese" / "sun_es_financement.sql").read_text(encoding="utf-8")
    copie = tmp_path / "entrepot.duckdb"
    copier_pour_alterer(entrepot_demo, copie, "create table fenetres as from marts.sun_es_fenetres")
    with duckdb.connect(str(copie)) as connexion:

        def payes(atteints: str) -> dict[str, Any]:
            connexion.execute(
                "create or replace table marts.sun_es_fenetres as select * replace (atteinte or"
                f" (motif not in ('SANS_CIBLE', 'ACTIVITE_ABSENTE') and {atteints}) as atteinte) from fenetres"
            )
            return dict(connexion.execute(f"select finess_ej || fenetre, montant_total from ({financement})").fetchall())

        aujourd_hui = payes("false")
        gains = connexion.execute("select indicateur, finess_ej || fenetre, gain_seul from marts.sun_es_gains").fetchall()
        assert len({code for code, *_ in gains}) > 5 and any(gain for *_, gain in gains)
        for code in {code for code, *_ in gains}:
            avec = payes(f"indicateur = '{code}'")
            for cle, gain in ((cle, gain) for autre, cle, gain in gains if autre == code):
                # Two amounts rounded to the cent.
                assert float(gain) == pytest.approx(float(avec[cle] - aujourd_hui[cle]), abs=0.02), (code, cle)
        tout = payes("true")
        manquants = connexion.execute("select finess_ej || fenetre, montant_manquant from marts.sun_es_financement").fetchall()
        assert any(manque for _, manque in manquants)
        for cle, manque in manquants:
            assert float(manque) == pytest.approx(float(tout[cle] - aujourd_hui[cle]), abs=0.02), cle
