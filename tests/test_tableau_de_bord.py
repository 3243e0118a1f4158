"""The dashboard: what it says against the warehouse, what it must not hold, and how it behaves in a browser."""

from __future__ import annotations

import io
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import copier_pour_alterer, lire, mots, une_fois
from lxml import html
from playwright.sync_api import expect
from pypdf import PdfReader
from rich.console import Console

from socle import depots, graines, historique
from socle.parametres import ErreurSocle
from socle.restitution import afficher_resultats
from socle.resultats.lecture import lire as lire_resultats
from socle.resultats.mots import euros, libelle_periode, nombre, points, pourcentage
from socle.tableau_de_bord import ecrire

CHROMIUM = Path("/usr/bin/chromium")
expect.set_options(timeout=30_000)
MO = 1_000_000
INDICATEURS = [ligne["indicateur"] for ligne in graines.lire("catalogue_indicateurs")]


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory, entrepot_demo: Path) -> Path:
    """The dashboard of the demonstration."""
    return une_fois(tmp_path_factory, "tableau", lambda d: ecrire(entrepot_demo, d) and None) / "tableau_de_bord" / "index.html"


@pytest.fixture
def arbre(page: Path) -> Any:
    return html.fromstring(page.read_text(encoding="utf-8"))


def simple(ecrit: str) -> str:
    """A text with one kind of blank."""
    return re.sub(r"\s+", " ", ecrit)


def texte(element: Any) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


# What it says


def test_chaque_cellule_dit_le_taux_de_l_entrepot(arbre: Any, entrepot_demo: Path) -> None:
    attendus = lire(
        entrepot_demo,
        """
        select finess_ej, indicateur, taux, cible, cible_atteinte, restant_pour_cible
        from marts.indicateurs_juges where programme = 'HOPEN2' and applicable
        """,
    )
    assert attendus
    for finess, code, taux, cible, atteinte, restant in attendus:
        (corps,) = arbre.xpath(f"//section[@data-ej='{finess}']//tbody[@data-code='{code}']")
        assert corps.get("data-etat") == ("ATTEINT" if atteinte else "NON_ATTEINT")
        assert texte(corps.xpath(".//td[@class='c-resultat']/b")[0]) == pourcentage(taux, cible).replace("\u00a0", " ")
        if not atteinte:
            assert re.match(rf"{restant} \w+", texte(corps.xpath(".//td[@class='c-manque']/b")[0]))


def test_le_frein_est_la_premiere_etape_de_l_entonnoir(arbre: Any, entrepot_demo: Path) -> None:
    freins = lire(
        entrepot_demo,
        """
        select d.finess_ej, d.indicateur, e.libelle_etape, e.nb
        from marts.indicateurs_juges as d
        inner join marts.entonnoir as e using (finess_ej, indicateur, periode_debut)
        where d.programme = 'HOPEN2' and not d.cible_atteinte and e.etape <> 'ALIMENTE' and e.nb > 0
        qualify row_number() over (partition by d.finess_ej, d.indicateur order by e.nb desc, e.ordre_etape) = 1
        """,
    )
    assert freins
    for finess, code, libelle, nb in freins:
        (note,) = arbre.xpath(f"//section[@data-ej='{finess}']//tbody[@data-code='{code}']//td[@class='c-manque']/small")
        assert texte(note) == f"{libelle} : {nb}"


def test_la_vue_d_ensemble_compte_les_etats(arbre: Any) -> None:
    etats: Counter[tuple[str, str, str]] = Counter()
    for fiche in arbre.xpath("//section[@class='fiche']"):
        for bloc in fiche.xpath("./section[@data-programme]"):
            for corps in bloc.xpath(".//tbody[@data-etat]"):
                etats[fiche.get("data-ej"), bloc.get("data-programme"), corps.get("data-etat")] += 1
    for ligne in arbre.xpath("//table[@class='ensemble']/tbody/tr"):
        for cellule in ligne.xpath("./td[@data-programme]"):
            cle = ligne.get("data-ej"), cellule.get("data-programme")
            atteints, manques = etats[(*cle, "ATTEINT")], etats[(*cle, "NON_ATTEINT")]
            if atteints + manques:
                assert texte(cellule.xpath(".//*[@class='chiffre']")[0]) == f"{atteints} / {atteints + manques}"


def test_sun_es_montre_les_quatre_fenetres(arbre: Any, entrepot_demo: Path) -> None:
    atteintes = lire(entrepot_demo, "select finess_ej, indicateur, fenetre from marts.sun_es_fenetres where atteinte")
    assert atteintes
    for finess, code, fenetre in atteintes:
        corps = arbre.xpath(f"//section[@data-ej='{finess}']//tbody[@data-code='{code}']")[0]
        (vue,) = [f for f in corps.xpath(".//span[@class='fenetre']") if texte(f).startswith(fenetre)]
        assert re.search(r"\batteint$|\boui$", texte(vue)) and "non atteint" not in texte(vue)


def test_la_page_le_terminal_et_le_dossier_montrent_le_meme_mois(arbre: Any, entrepot_demo: Path) -> None:
    resultats = lire_resultats(entrepot_demo)
    console = Console(file=io.StringIO(), width=200, color_system=None)
    afficher_resultats(console, entrepot_demo)
    terminal = [re.split(r"  +", ligne.strip()) for ligne in console.file.getvalue().splitlines()]
    meilleurs = lire(
        entrepot_demo,
        """
        select finess_ej, indicateur, meilleur_mois, taux from marts.hopen2_meilleur_mois
        union all
        select finess_ej, indicateur, meilleur_mois, taux from marts.ifaq_meilleur_mois
        union all
        select finess_ej, indicateur, meilleur_mois, taux from marts.sun_es_fenetres
        where fenetre = 'F4' and meilleur_mois is not null
        """,
    )
    assert len(meilleurs) > 20
    for finess, code, mois, taux in meilleurs:
        situation = resultats.situation(finess, code)
        assert situation is not None and (situation.debut, situation.taux) == (mois, taux)
        (corps,) = arbre.xpath(f"//section[@data-ej='{finess}']//tbody[@data-code='{code}']")
        note = texte(corps.xpath(".//td[@class='c-resultat']/small")[0])
        assert re.search(rf"{libelle_periode(mois, situation.fin)} \(meilleur mois( de la fenêtre F4)?\)$", note), note
        (ligne,) = [cellules for cellules in terminal if cellules[0] == code]
        assert any(cellule.endswith(f"{mois:%m/%y}") for cellule in ligne), (code, ligne)


def test_les_deux_cibles_et_les_autres_lectures(arbre: Any, entrepot_demo: Path) -> None:
    for finess, atteint in lire(entrepot_demo, "select finess_ej, sun_es_ds1_1 from staging.stg_reference__etablissements"):
        (corps,) = arbre.xpath(f"//section[@data-ej='{finess}']//tbody[@data-code='P1.O2.LDL']")
        cible, a, sinon = ("70 %", "a", "55 %") if atteint else ("55 %", "n’a pas", "70 %")
        assert texte(corps.xpath(".//td[@class='c-cible']")[0]) == cible
        phrase = f"Cible : {cible} parce que la cible SUN-ES DS1.1 {a} été atteinte ({sinon} sinon)."
        assert texte(corps.xpath(".//tr[@class='cibles']")[0]) == phrase
    attendues = Counter(
        lire(
            entrepot_demo,
            """
            select lectures.finess_ej, lectures.indicateur
            from marts.lectures as lectures
            inner join marts.indicateurs_juges as juges using (finess_ej, indicateur, periode_debut, periode_fin)
            where juges.axe = 'TOUS' and (lectures.change_la_cible or abs(lectures.ecart_points) >= 0.5)
            """,
        )
    )
    assert attendues
    montrees = {
        (fiche.get("data-ej"), corps.get("data-code")): len(corps.xpath(".//tr[@class='lectures']//p"))
        for fiche in arbre.xpath("//section[@class='fiche']")
        for corps in fiche.xpath(".//tbody[@data-code]")
    }
    assert {cle: nb for cle, nb in montrees.items() if nb} == attendues


def test_les_sources_disent_ce_qui_a_ete_lu_et_rejete(arbre: Any, entrepot_demo: Path) -> None:
    for finess, flux, lues, retenues, remplacees, rejetees in lire(
        entrepot_demo,
        """
        select finess_ej, flux, sum(nb_lignes), sum(nb_retenues), sum(nb_remplacees), sum(nb_rejetees)
        from qualite.fichiers where finess_ej is not null and flux like 'dpi/%' group by all
        """,
    ):
        lignes = arbre.xpath(f"//section[@id='sources']/details[@data-ej='{finess}']//tr[th/span='{flux}']")
        valeurs = [int(re.sub(r"\D", "", texte(c))) for c in lignes[0].xpath("./td[@class='n']")[2:6]]
        assert valeurs == [lues, retenues, remplacees, rejetees]


def test_un_etablissement_sans_donnees_et_un_nom_hostile(tmp_path: Path, entrepot_demo: Path) -> None:
    copie = tmp_path / "entrepot.duckdb"
    copier_pour_alterer(
        entrepot_demo,
        copie,
        """
        insert into staging.stg_reference__etablissements by name
        select '000000000' as finess_ej, '</script><script>alert(1)</script>' as raison_sociale, 'GHT' as ght
        """,
    )
    page = ecrire(copie, tmp_path)
    arbre = html.fromstring(page.read_text(encoding="utf-8"))
    assert len(arbre.xpath("//script")) == 3
    (ligne,) = arbre.xpath("//table[@class='ensemble']/tbody/tr[@data-ej='000000000']")
    assert {texte(c.xpath("./span")[0]) for c in ligne.xpath("./td")} == {"non mesuré"}
    assert "financement non calculé" in texte(ligne.xpath("./td[@data-programme='SUN_ES']")[0])
    assert page.read_text(encoding="utf-8").count("aucune période complète") >= 60
    (source,) = arbre.xpath("//section[@id='sources']/details[@data-ej='000000000']/summary")
    assert "aucun fichier reçu" in texte(source)


def test_sans_entrepot_une_ligne_dit_quoi_faire(tmp_path: Path) -> None:
    with pytest.raises(ErreurSocle, match=r"Aucun entrepôt .* lancez « socle run »"):
        ecrire(tmp_path / "absent.duckdb", tmp_path)
    assert not (tmp_path / "tableau_de_bord").exists()


def test_un_fichier_qui_n_est_pas_un_entrepot(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "vide.duckdb")).close()
    with pytest.raises(ErreurSocle, match="ne dit pas de quelle exécution il est : relancez"):
        ecrire(tmp_path / "vide.duckdb", tmp_path)


def test_les_actions_rapportent_ce_que_dit_l_entrepot(arbre: Any, entrepot_demo: Path) -> None:
    gains = dict(
        lire(
            entrepot_demo,
            """
            select finess_ej || ' ' || indicateur, cast(case when gain_seul > 0 then gain_seul else cout end as double)
            from marts.sun_es_gains where fenetre = 'F4'
            """,
        )
    )
    assert gains
    montrees: dict[str, float] = {}
    cartes = arbre.xpath("//ol[@class='portee']/li")
    for carte in cartes:
        codes = texte(carte.xpath(".//span[@class='code']")[0]).split(", ")
        rapporte = texte(carte.xpath(".//b[@class='rapporte']")[0])
        if "€" in rapporte:
            cle = next(c for c in (f"{carte.get('data-ej')} {code}" for code in codes) if c in gains)
            montrees[cle] = gains[cle]
            assert rapporte == simple(euros(gains[cle]))
    # The three shown first are those of the group that bring most.
    premieres = [texte(c.xpath(".//b[@class='rapporte']")[0]) for c in cartes if c.get("hidden") is None]
    classes = lire(
        entrepot_demo,
        """
        select cast(case when gain_seul > 0 then gain_seul else cout end as double) from marts.sun_es_gains
        where fenetre = 'F4' order by gain_seul desc, cout desc limit 3
        """,
    )
    assert premieres == [simple(euros(montant)) for (montant,) in classes]
    acquis = lire(
        entrepot_demo, "select finess_ej, montant_total, montant_manquant from marts.sun_es_financement where fenetre = 'F4'"
    )
    for finess, total, manquant in acquis:
        (argent,) = arbre.xpath(f"//table[@class='ensemble']//tr[@data-ej='{finess}']//p[@class='argent']")
        montants = [texte(b) for b in argent.xpath("./b")]
        assert montants == [simple(euros(montant)) for montant in (total, manquant) if montant or montant is total]


def test_le_service_designe_est_celui_qui_a_le_plus_a_faire(arbre: Any, entrepot_demo: Path) -> None:
    designes = 0
    for carte in arbre.xpath("//ol[@class='portee']/li"):
        code = texte(carte.xpath(".//span[@class='code']")[0]).split(", ")[0]
        services = lire(
            entrepot_demo,
            f"""
            select structure_libelle, nb_non_comptes, denominateur from marts.indicateurs_par_service
            where est_jugee and niveau = 'SERVICE' and axe = 'TOUS'
              and finess_ej = '{carte.get("data-ej")}' and indicateur = '{code}' and nb_non_comptes > 0
            order by nb_non_comptes desc, structure_id
            """,
        )
        if services:
            assert "{} : {} sur {} à faire".format(*services[0]) in texte(carte)
            designes += 1
    assert designes > 5


def test_les_petits_effectifs_des_services_sont_caches(tmp_path: Path, entrepot_demo: Path) -> None:
    page = html.fromstring(ecrire(entrepot_demo, tmp_path, secret_statistique=3).read_text(encoding="utf-8"))
    donnees = json.loads(page.xpath("//script[@id='donnees']")[0].text)
    vus = caches = 0
    for par_indicateur in donnees["services"].values():
        for lignes in par_indicateur.values():
            for _, *comptes in lignes:
                caches += not comptes or comptes[1] is None
                if comptes and comptes[1] is not None:
                    denominateur, numerateur = comptes
                    vus += 1
                    assert not any(0 < n < 3 for n in (denominateur, numerateur, denominateur - numerateur))
    assert vus and caches


def test_ce_qui_a_bouge_depuis_l_execution_precedente_et_le_depot(tmp_path: Path, entrepot_demo: Path) -> None:
    (finess, debut, fin, numerateur, denominateur, taux) = lire(
        entrepot_demo,
        """
        select finess_ej, periode_debut, periode_fin, numerateur, denominateur, taux from marts.indicateurs_juges
        where indicateur = 'P1.O1' and denominateur > 2 order by denominateur desc limit 1
        """,
    )[0]
    ancien = tmp_path / "ancien.duckdb"
    copier_pour_alterer(
        entrepot_demo,
        ancien,
        "update qualite.execution set execution_id = 'avant', date_extraction = date '2023-11-30'",
        f"""
        update marts.indicateurs set numerateur = numerateur - 1, denominateur = denominateur - 2,
               taux = 100.0 * (numerateur - 1) / (denominateur - 2)
        where indicateur = 'P1.O1' and finess_ej = '{finess}' and periode_debut = date '{debut}'
        """,
    )
    historique.ajouter(ancien, tmp_path / "historique", tmp_path / "historique")
    (tmp_path / "depots").mkdir()
    valeur = {"indicateur": "P1.O1", "axe": "TOUS", "periode_debut": str(debut), "periode_fin": str(fin)}
    depot: dict[str, Any] = {nom: {} for nom in ("regles", *depots.FIGEES)} | {
        "finess_ej": finess,
        "programme": "HOPEN2",
        "mois": str(debut),
    }
    for nom, depose_le, n in (("a", "2023-12-02T08:00:00+01:00", 0), ("b", "2023-12-02T07:30:00+00:00", numerateur)):
        valeurs = [valeur | {"numerateur": n, "denominateur": denominateur, "taux": 100 * n / denominateur}]
        (tmp_path / "depots" / f"{nom}.json").write_text(json.dumps(depot | {"depose_le": depose_le, "valeurs": valeurs}))
    page = html.fromstring(ecrire(entrepot_demo, tmp_path).read_text(encoding="utf-8"))
    (note, inchange) = page.xpath(f"//section[@data-ej='{finess}']//tbody[@data-code='P1.O1']/tr[@class='mouvements']//span")
    avant = 100 * (numerateur - 1) / (denominateur - 2)
    assert texte(note) == (
        f"Depuis les données au 30/11/2023 : {points(taux - avant)}"
        f" ({numerateur - 1} sur {denominateur - 2} → {numerateur} sur {denominateur})"
    ).replace("\u00a0", " ")
    assert texte(inchange) == f"Depuis le dépôt de {libelle_periode(debut, fin)} : inchangé"
    # Nothing else moved.
    assert len(page.xpath("//tr[@class='mouvements']")) == 1
    assert "n’est pas tout dit" not in texte(page)
    # What was altered is told, and the page is written with the rest.
    (maillon,) = historique.lire(tmp_path / "historique")
    (tmp_path / "historique" / maillon.fichier).write_bytes(b"x")
    (tmp_path / "depots" / "c.json").write_text('{"mois": "2023-11-01"}')
    page = html.fromstring(ecrire(entrepot_demo, tmp_path).read_text(encoding="utf-8"))
    assert [texte(note) for note in page.xpath("//tr[@class='mouvements']//span")] == [texte(inchange)]
    avis = [texte(p) for p in page.xpath("//p[contains(., 'n’est pas tout dit')]")]
    assert len(avis) == 2 and maillon.fichier in avis[0] and "c.json est illisible" in avis[1]


def test_un_flux_absent_n_est_pas_non_applicable(tmp_path: Path, entrepot_demo: Path) -> None:
    copie = tmp_path / "entrepot.duckdb"
    copier_pour_alterer(
        entrepot_demo,
        copie,
        *(
            f"""
            update marts.{table} set situation = 'NON_MESURE', situation_raison = 'il manque dpi/documents', applicable = false,
                   motif_non_applicable = 'FLUX_ABSENT', taux = null, cible_atteinte = null where indicateur = 'P1.O2.LDL'
            """
            for table in ("indicateurs", "indicateurs_juges")
        ),
    )
    page = html.fromstring(ecrire(copie, tmp_path).read_text(encoding="utf-8"))
    (corps, *autres) = page.xpath("//tbody[@data-code='P1.O2.LDL']")
    assert {c.get("data-etat") for c in (corps, *autres)} == {"NON_MESURE"}
    assert texte(corps.xpath(".//td[@class='c-etat']")[0]) == "Non mesuré"
    assert texte(corps.xpath(".//td[@class='c-manque']")[0]) == "il manque dpi/documents"
    console = Console(file=io.StringIO(), width=200, color_system=None)
    afficher_resultats(console, copie)
    assert "non mesuré" in console.file.getvalue() and "P1.O2.LDL : il manque dpi/documents" in console.file.getvalue()


# What it must not hold


def test_une_seule_page_legere_sans_aucune_adresse(page: Path, arbre: Any) -> None:
    assert page.stat().st_size < 3 * MO
    assert not arbre.xpath("//@src | //link[not(starts-with(@href, 'data:'))] | //iframe | //object")
    assert all(h.startswith("#") or h.startswith("data:") for h in arbre.xpath("//@href"))
    (regle,) = arbre.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in regle and "unsafe-eval" not in regle
    assert "unsafe-inline" not in regle.split("style-src")[0]


def test_douze_etablissements_tiennent_sous_trois_megaoctets(tmp_path: Path, entrepot_demo: Path) -> None:
    copie = tmp_path / "entrepot.duckdb"
    relations = (
        "staging.stg_reference__etablissements", "marts.indicateurs", "marts.indicateurs_juges", "marts.indicateurs_par_service",
        "marts.entonnoir", "marts.sun_es_fenetres", "marts.sun_es_financement", "marts.sun_es_gains", "qualite.fichiers",
    )  # fmt: skip
    copier_pour_alterer(
        entrepot_demo,
        copie,
        *(
            f"insert into {relation} select * exclude (n) replace ('9' || n || substr(finess_ej, 3) as finess_ej)"
            f" from {relation}, range(1, 4) as t(n)"
            for relation in relations
        ),
    )
    taille = ecrire(copie, tmp_path).stat().st_size
    assert len(lire_resultats(copie).etablissements) == 12
    assert taille < 3 * MO, f"{taille / MO:.2f} Mo"


def test_aucun_identifiant(page: Path, identifiants_demo: set[str]) -> None:
    assert not mots(page.read_text(encoding="utf-8")) & identifiants_demo


# How it behaves


@pytest.fixture(scope="module")
def navigateur() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} absent : apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield chromium
        chromium.close()


def test_la_page_ecrit_les_chiffres_comme_tout_le_reste(navigateur: Any) -> None:
    taux = [None, *(100 * n / d for d in (7, 16, 32, 64, 997, 100_003) for n in range(0, d + 1, max(1, d // 40)))]
    cas = [[v, cible] for v in taux for cible in (None, 50, 80)] + [[79.97, 80], [79.99999999, 80], [1234.25, None]]
    ecarts = [None, 0, -0.04, 0.05, 1.25, 1.95, -31.25, 2]
    nombres = [0, 999, 1000, 1234567, -1200, None]
    script = files("socle.tableau_de_bord").joinpath("formats.js").read_text(encoding="utf-8")
    onglet = navigateur.new_page()
    vus = onglet.evaluate(
        f"(donnees) => {{ {script}; const [cas, ecarts, nombres] = donnees; return [cas.map(([v, c]) => formats.pourcentage(v, c)), ecarts.map(formats.points),"
        " nombres.map((v) => formats.nombre(v))] }",
        [cas, ecarts, nombres],
    )
    onglet.close()
    assert vus == [[pourcentage(*c) for c in cas], [points(e) for e in ecarts], [nombre(n) for n in nombres]]


@pytest.fixture
def ouvrir(navigateur: Any, page: Path) -> Iterator[Any]:
    """Open the page; anything on the console and any request but the page itself fail the test."""
    incidents: list[str] = []
    onglets = []

    def faire(ancre: str = "", largeur: int = 1280, hauteur: int = 900) -> Any:
        onglet = navigateur.new_page(viewport={"width": largeur, "height": hauteur})
        onglet.on("console", lambda m: incidents.append(f"{m.type} : {m.text}"))
        onglet.on("pageerror", lambda e: incidents.append(str(e)))
        onglet.on("request", lambda r: None if r.url.startswith(("data:", page.as_uri())) else incidents.append(r.url))
        onglet.goto(page.as_uri() + ancre)
        onglets.append(onglet)
        return onglet

    yield faire
    for onglet in onglets:
        onglet.close()
    assert not incidents


def dessine(onglet: Any, details: str = ".panneau:not([hidden])") -> None:
    """Wait for every chart of these details; a predicate given as a string would be refused by the page's own policy."""
    expect(onglet.locator(f"{details} .dessin").first).to_be_attached()
    expect(onglet.locator(f"{details} .dessin:not(:has(svg.marks))")).to_have_count(0)


def visibles(onglet: Any, selecteur: str, attribut: str = "id") -> list[str | None]:
    """An attribute of each element that one sees, in one call."""
    return onglet.eval_on_selector_all(
        selecteur, "(e, a) => e.filter((x) => x.checkVisibility()).map((x) => x.getAttribute(a))", attribut
    )


def test_les_filtres(ouvrir: Any, arbre: Any) -> None:
    onglet = ouvrir()
    ejs = [o for o in arbre.xpath("//select[@id='filtre-ej']/option/@value") if o]
    assert len(visibles(onglet, ".comparaison")) == len(graines.lire("programmes")) and not visibles(onglet, ".fiche")
    onglet.select_option("#filtre-ej", ejs[1])
    assert not visibles(onglet, ".comparaison")
    assert visibles(onglet, ".fiche", "data-ej") == [ejs[1]]
    assert sorted(visibles(onglet, ".indicateur", "data-code")) == sorted(INDICATEURS)
    onglet.select_option("#filtre-programme", "IFAQ")
    assert visibles(onglet, ".indicateur", "data-code") == ["D2.2I", "D6.3I"]
    assert onglet.inner_text("#compte") == "2 résultats affichés"
    assert onglet.evaluate("location.hash") == f"#ej={ejs[1]}&programme=IFAQ"
    onglet.select_option("#filtre-programme", "HOPEN2")
    onglet.select_option("#filtre-etat", "SANS_CIBLE")
    assert not visibles(onglet, ".indicateur") and visibles(onglet, "#situation-vide")
    onglet.click("#effacer")
    expect(onglet.locator("#compte")).to_have_text(re.compile("^180 "))
    assert len(visibles(onglet, ".comparaison")) == 5


def test_un_lien_rouvre_la_meme_vue(ouvrir: Any, arbre: Any) -> None:
    lien = arbre.xpath("//section[@class='comparaison']//td[@data-etat='NON_ATTEINT']/a/@href")[0]
    onglet = ouvrir(lien)
    dessine(onglet)
    assert len(visibles(onglet, ".panneau")) == 1


def test_au_clavier_le_detail_dessine_et_se_lit_en_tableau(ouvrir: Any, arbre: Any, entrepot_demo: Path) -> None:
    finess = arbre.xpath("//section[@class='fiche']/@data-ej")[0]
    onglet = ouvrir(f"#ej={finess}&programme=HOPEN2")
    bouton = onglet.query_selector(".indicateur[data-code='P1.O2.LDL'] .deplier:visible")
    bouton.focus()
    onglet.keyboard.press("Enter")
    dessine(onglet)
    assert bouton.get_attribute("aria-expanded") == "true"
    assert onglet.query_selector(f"#{bouton.get_attribute('aria-controls')}").is_visible()
    assert visibles(onglet, ".dessin", "role") == ["img", "img"]
    assert all(len(etiquette or "") > 60 for etiquette in visibles(onglet, ".dessin", "aria-label"))
    numerateur, denominateur = lire(
        entrepot_demo,
        f"""
        select numerateur, denominateur from marts.indicateurs_juges
        where finess_ej = '{finess}' and indicateur = 'P1.O2.LDL'
        """,
    )[0]
    for resume in onglet.query_selector_all(".detail summary"):
        resume.focus()
        onglet.keyboard.press("Enter")
    premiere = onglet.query_selector(".detail tbody tr:first-child").inner_text().split("\t")
    assert premiere[1:3] == [str(numerateur), str(denominateur)]
    total = onglet.query_selector_all(".detail table")[1].query_selector("tbody tr:last-child").inner_text().split("\t")
    assert total == ["Total : dénominateur", str(denominateur)]
    bouton.press("Enter")
    assert bouton.get_attribute("aria-expanded") == "false" and not visibles(onglet, ".panneau")


def test_un_lecteur_d_ecran_a_de_quoi_lire(ouvrir: Any, arbre: Any) -> None:
    assert arbre.get("lang") == "fr"
    for champ in arbre.xpath("//select"):
        assert arbre.xpath(f"//label[@for='{champ.get('id')}']")
    for cellule in arbre.xpath("//table[@class='ensemble']//a"):
        assert re.search(r"(atteints sur \d+|suivis sans cible)", cellule.get("aria-label"))
    assert all(s.get("aria-hidden") == "true" for s in arbre.xpath("//svg"))
    finess = arbre.xpath("//section[@class='fiche']/@data-ej")[0]
    onglet = ouvrir(f"#ej={finess}&programme=IFAQ", largeur=390)
    # Laid out as blocks, the table must still be announced as one.
    instantane = onglet.locator(f"[aria-labelledby='fiche-{finess}-IFAQ']").first.aria_snapshot()
    assert "table" in instantane and "rowheader" in instantane and "cell" in instantane


# Contrast of every text one sees with what is behind it, names of what one acts on, order of headings, headers of tables:
# what an audit of accessibility finds first.
AUDIT = """() => {
  const fautes = [];
  const couleur = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const fond = (e) => {
    for (let x = e; x; x = x.parentElement) {
      const c = couleur(getComputedStyle(x).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c.slice(0, 3);
    }
    return couleur(getComputedStyle(document.documentElement).colorScheme.includes("dark") ? "rgb(0,0,0)" : "rgb(255,255,255)");
  };
  const clarte = (c) => {
    const [r, v, b] = c.map((x) => x / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * v + 0.0722 * b;
  };
  const visible = (e) => e.checkVisibility({ checkOpacity: true }) && !e.closest(".invisible, [inert]");
  const marcheur = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let nb = 0;
  while (marcheur.nextNode()) {
    const e = marcheur.currentNode.parentElement;
    if (!marcheur.currentNode.data.trim() || ["SCRIPT", "STYLE", "OPTION"].includes(e.tagName) || !visible(e)) continue;
    const style = getComputedStyle(e);
    const avant = couleur(e.namespaceURI.includes("svg") ? style.fill : style.color).slice(0, 3);
    const [a, b] = [clarte(avant), clarte(fond(e))].sort((x, y) => y - x);
    const grand = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    nb += 1;
    if ((a + 0.05) / (b + 0.05) < (grand ? 3 : 4.5)) fautes.push(`contraste ${((a + 0.05) / (b + 0.05)).toFixed(2)} : ${marcheur.currentNode.data.trim().slice(0, 40)}`);
  }
  if (nb < 100) fautes.push(`${nb} textes seulement`);
  const niveaux = [...document.querySelectorAll("h1, h2, h3, h4")].filter(visible).map((h) => Number(h.tagName[1]));
  niveaux.forEach((n, i) => { if (i ? n > niveaux[i - 1] + 1 : n !== 1) fautes.push(`titre de niveau ${n} après ${niveaux[i - 1]}`); });
  if (niveaux.filter((n) => n === 1).length !== 1) fautes.push("un seul titre de niveau 1");
  for (const [quoi, n] of [["main", 1], ["header", 1], ["footer", 1]]) {
    if (document.querySelectorAll(quoi).length !== n) fautes.push(`${quoi} : ${n} attendu`);
  }
  const nom = (e) => e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ").map((i) => document.getElementById(i)?.textContent || "").join("")
    || [...(e.labels || [])].map((l) => l.textContent).join("") || e.textContent;
  document.querySelectorAll("a, button, select, summary, [role=region], [role=img]").forEach((e) => {
    if (visible(e) && !nom(e).trim()) fautes.push(`sans nom : ${e.outerHTML.slice(0, 80)}`);
  });
  document.querySelectorAll("table").forEach((t) => {
    if (!visible(t)) return;
    if ([...t.querySelectorAll("th")].some((h) => !h.scope)) fautes.push("en-tête de tableau sans portée");
    if (!t.querySelector("thead th[scope=col]")) fautes.push("tableau sans en-tête de colonne");
    if (!t.closest("[aria-label], [aria-labelledby]") && !t.caption) fautes.push("tableau sans nom");
  });
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  ids.filter((i, r) => ids.indexOf(i) !== r).forEach((i) => fautes.push(`identifiant répété : ${i}`));
  document.querySelectorAll("[aria-controls], [aria-labelledby]").forEach((e) => {
    const vise = e.getAttribute("aria-controls") || e.getAttribute("aria-labelledby");
    if (!document.getElementById(vise)) fautes.push(`renvoi vers rien : ${vise}`);
  });
  document.querySelectorAll("[aria-hidden=true] a, [aria-hidden=true] button").forEach(() => fautes.push("action cachée aux lecteurs d'écran"));
  return [...new Set(fautes)];
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_rien_a_redire_pour_l_accessibilite(ouvrir: Any, arbre: Any, theme: str) -> None:
    finess = arbre.xpath("//section[@class='fiche']/@data-ej")[0]
    for ancre in ("", f"#ej={finess}&detail={finess.lower()}-p1-o2-ldl"):
        onglet = ouvrir(ancre)
        onglet.emulate_media(color_scheme=theme)
        if ancre:
            dessine(onglet)
        fond = onglet.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", fond)[:3])) < 200) == (theme == "dark")
        assert onglet.evaluate(AUDIT) == []


def test_les_donnees_d_un_graphique_se_telechargent(ouvrir: Any, arbre: Any, entrepot_demo: Path) -> None:
    finess = arbre.xpath("//section[@class='fiche']/@data-ej")[0]
    onglet = ouvrir(f"#ej={finess}&programme=HOPEN2&detail={finess.lower()}-p1-o2-ldl")
    dessine(onglet)
    onglet.locator(".detail summary").first.click()
    with onglet.expect_download() as telechargement:
        onglet.locator(".detail a.csv").first.click()
    assert telechargement.value.suggested_filename.endswith(".csv")
    entetes, *lignes = Path(telechargement.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert entetes.split(";")[:3] == ["Période", "Numérateur", "Dénominateur"]
    assert [ligne.split(";")[1:3] for ligne in lignes if ligne.startswith("novembre 2023;")] == [
        [str(n), str(d)]
        for n, d in lire(
            entrepot_demo,
            f"""
            select numerateur, denominateur from marts.indicateurs
            where indicateur = 'P1.O2.LDL' and finess_ej = '{finess}' and periode_debut = date '2023-11-01'
            """,
        )
    ]
    # Who must be called: as many rows as services, and the command that lists the units.
    services = lire(
        entrepot_demo,
        f"""
        select count(*) from marts.indicateurs_par_service
        where indicateur = 'P1.O2.LDL' and finess_ej = '{finess}' and niveau = 'SERVICE' and est_jugee
        """,
    )
    expect(onglet.locator(".services tbody tr")).to_have_count(services[0][0])
    assert f"socle selections P1.O2.LDL --finess {finess} --csv" in onglet.inner_text(".preuve")


@pytest.mark.parametrize("largeur", [360, 820, 1280])
def test_rien_ne_deborde(ouvrir: Any, arbre: Any, largeur: int) -> None:
    finess = arbre.xpath("//section[@class='fiche']/@data-ej")[0]
    for ancre in ("", f"#ej={finess}&programme=HOPEN2&detail={finess.lower()}-p1-o2-ldl", f"#ej={finess}&programme=SEGUR_V2"):
        onglet = ouvrir(ancre, largeur=largeur)
        if "detail" in ancre:
            dessine(onglet)
        assert onglet.evaluate("document.documentElement.scrollWidth") <= largeur


def test_chaque_detail_se_dessine(ouvrir: Any, arbre: Any) -> None:
    """Open the details of an establishment: none may fail, warn or stay empty."""
    finess = arbre.xpath("//section[@class='fiche']/@data-ej")[0]
    onglet = ouvrir(f"#ej={finess}")
    onglet.evaluate("document.querySelectorAll('.fiche:not([hidden]) .deplier').forEach((b) => b.click())")
    expect(onglet.locator(".detail:visible")).to_have_count(len(INDICATEURS))
    dessine(onglet, ".detail")
    assert len(visibles(onglet, ".detail .dessin")) > len(INDICATEURS)


def test_imprime_en_a4(ouvrir: Any, arbre: Any, tmp_path: Path) -> None:
    finess = arbre.xpath("//section[@class='fiche']/@data-ej")[0]
    onglet = ouvrir(f"#ej={finess}&programme=HOPEN2&detail={finess.lower()}-p1-o2-ldl")
    dessine(onglet)
    onglet.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    pdf = PdfReader(tmp_path / "page.pdf")
    assert {(round(float(p.mediabox.width)), round(float(p.mediabox.height))) for p in pdf.pages} == {(595, 842)}
    assert len(pdf.pages) <= 4
    imprime = "\n".join(p.extract_text() for p in pdf.pages)
    assert "Imprimer" not in imprime and "P1.O8" in imprime


def test_prend_une_image(ouvrir: Any, arbre: Any, tmp_path: Path) -> None:
    """Screenshots; kept in the folder that SOCLE_IMAGES names."""
    dossier = Path(os.environ.get("SOCLE_IMAGES", tmp_path))
    fiche = arbre.xpath("//section[@class='fiche']")[-1].get("data-ej")
    for nom, ancre, hauteur in (
        ("tableau_de_bord", "", 1450),
        ("tableau_de_bord_detail", f"#ej={fiche}&programme=HOPEN2&detail={fiche.lower()}-p1-o2-ldl", 1000),
    ):
        onglet = ouvrir(ancre, hauteur=hauteur)
        if "detail" in ancre:
            dessine(onglet)
        onglet.screenshot(path=dossier / f"{nom}.png")
        image = (dossier / f"{nom}.png").read_bytes()
        assert image.startswith(b"\x89PNG") and 20_000 < len(image) < 400_000


def test_les_donnees_de_la_page_sont_celles_de_l_entrepot(arbre: Any, entrepot_demo: Path) -> None:
    donnees = json.loads(arbre.xpath("//script[@id='donnees']")[0].text)
    for finess, code, debut, numerateur, denominateur in lire(
        entrepot_demo,
        """
        select finess_ej, indicateur, cast(periode_debut as varchar), numerateur, denominateur from marts.indicateurs
        where axe = 'TOUS' and periode_fin > date '2023-06-01' and nature = 'taux' and denominateur > 0
        """,
    ):
        premier, longueur, *colonnes = donnees["series"][finess][code]["TOUS"]
        debuts = [p[0] for p in donnees["periodes"][premier : premier + longueur]]
        rang = debuts.index(debut)
        lu = [c[rang] if isinstance(c, list) else c for c in colonnes[:2]]
        assert lu == [numerateur, denominateur], (finess, code, debut)
