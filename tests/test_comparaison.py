"""What moved between two runs, or since a deposit: every unit in one class of cause, the classes adding up to the difference."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import copier_pour_alterer, lire

from socle import cli, depots, historique, sorties
from socle.comparaison import Comparaison, affichage, comparer_depuis, comparer_entrepots
from socle.parametres import RACINE, ErreurSocle, Parametres

FINESS, MOIS = "299999000", date(2023, 11, 1)
POPULATIONS = "populations.pop_hopen2_"
LETTRES = f"{POPULATIONS}p1_o2_lettre_liaison"
DU_MOIS = f"finess_ej = '{FINESS}' and periode_debut = date '{MOIS}'"
SEJOURS = "SV2.MSS.SEJOURS"
TYPES = f"populations.pop_segur_v2_mss_sejours where indicateur = '{SEJOURS}' and {DU_MOIS}"


@dataclass(frozen=True)
class Unite:
    """A séjour of the demonstration that counts, of one venue, alone of its patient in the month."""

    sejour: str
    iep: str
    ipp: str
    document: str


@dataclass(frozen=True)
class Cas:
    """A unit that moves, what the data say of it, and its class of cause from the demonstration to what is altered, and back."""

    indicateur: str
    unite: str
    requetes: tuple[str, ...]
    aller: str
    retour: str


def choisir(entrepot: Path) -> list[Unite]:
    return [
        Unite(*ligne)
        for ligne in lire(
            entrepot,
            f"""
            with seules as (
                select finess_ej, sejour_id, min(iep) as iep
                from intermediaire.int_sejours_venues group by all having count(*) = 1
            )
            select unites.unite_id, seules.iep, sejours.ipp, versions.set_id
            from {LETTRES} as unites
            inner join seules on unites.unite_id = seules.sejour_id
            inner join intermediaire.int_sejours as sejours on unites.unite_id = sejours.sejour_id
            inner join intermediaire.int_versions as versions
                on unites.finess_ej = versions.finess_ej and unites.document_id = versions.document_id
            where unites.{DU_MOIS.replace(" and ", " and unites.")} and unites.au_numerateur
            qualify count(*) over (partition by sejours.ipp) = 1
            order by unites.unite_id
            """,
        )
    ]


def cas(entrepot: Path) -> list[Cas]:
    """One unit a class, and those that the order of the classes tells apart."""
    libres = iter(choisir(entrepot))
    pris: set[str] = set()
    trouves: list[Cas] = []

    def deplacer(u: Unite, etape: str | None) -> str:
        """The row of its population: gone, or not counted at a step."""
        if etape is None:
            return f"delete from {LETTRES} where unite_id = '{u.sejour}' and {DU_MOIS}"
        return f"update {LETTRES} set au_numerateur = false, etape = '{etape}' where unite_id = '{u.sejour}' and {DU_MOIS}"

    def ajouter(aller: str, retour: str, etape: str | None, *modeles: str) -> None:
        u = next(libres)
        pris.update(vars(u).values())
        requetes = [modele.format(**vars(u), ej=f"finess_ej = '{FINESS}'") for modele in modeles]
        trouves.append(Cas("P1.O2.LDL", u.sejour, (deplacer(u, etape), *requetes), aller, retour))

    venue, sejour = "where {ej} and iep = '{iep}'", "where sejour_id = '{sejour}'"
    document = "where {ej} and set_id = '{document}'"
    sans_envoi = f"delete from intermediaire.int_alimentations {document}"
    loin = (
        "insert into intermediaire.int_versions by name select * replace ('D' || document_id as document_id, 'S' || set_id as set_id,"
        f" 'ailleurs' as iep, 'ailleurs' as iep_document) from intermediaire.int_versions {document}"
    )
    ajouter(
        "VENUE_RETIREE", "VENUE_NOUVELLE", None,
        *(f"delete from intermediaire.{table} {venue}" for table in ("int_venues", "int_venues_mois", "int_sejours_venues")),
        f"delete from intermediaire.int_sejours {sejour}",
        # What goes with it says nothing more.
        sans_envoi,
    )  # fmt: skip
    ajouter("VENUE_MODIFIEE", "VENUE_MODIFIEE", None, f"update intermediaire.int_venues set uf = 'autre' {venue}")
    ajouter("IDENTITE_CHANGEE", "IDENTITE_CHANGEE", None, f"update intermediaire.int_venues set ipp = 'autre' {venue}")
    ajouter("SEJOUR_CLOS", "SEJOUR_CLOS", None, f"update intermediaire.int_sejours set clos = false, date_sortie = null {sejour}")
    dmp = "update intermediaire.int_dmp_patients set a_un_dmp = not a_un_dmp where {ej} and ipp = '{ipp}'"
    ajouter("STATUT_DMP", "STATUT_DMP", None, dmp)
    ajouter("DOCUMENT_RETIRE", "DOCUMENT_CREE", "RETIRE", f"update intermediaire.int_versions set est_retire = true {document}")
    ajouter(
        "DOCUMENT_RETIRE", "DOCUMENT_CREE", "AUCUN_DOCUMENT", f"delete from intermediaire.int_versions {document}", sans_envoi
    )
    ajouter(
        "DOCUMENT_MODIFIE", "DOCUMENT_MODIFIE", "NON_CDA", f"update intermediaire.int_versions set niveau_cda = 'N3' {document}"
    )
    # The step of the funnel says which of several facts.
    ajouter(
        "INS_DU_DOCUMENT", "INS_DU_DOCUMENT", "INS_NON_QUALIFIEE",
        f"update intermediaire.int_versions set ins_qualifiee = false, niveau_cda = 'N3' {document}", sans_envoi, dmp,
    )  # fmt: skip
    ajouter(
        "ENVOI_PERDU", "ENVOI_ACQUITTE", "JAMAIS_ENVOYE",
        sans_envoi, f"update intermediaire.int_versions set ins_qualifiee = false {document}", loin,
    )  # fmt: skip
    # A unit that goes: its own sending before another document of its patient, which counts where there is nothing else.
    ajouter("ENVOI_PERDU", "ENVOI_ACQUITTE", None, sans_envoi, loin)
    ajouter("DOCUMENT_CREE", "DOCUMENT_RETIRE", None, loin)
    ajouter("AUTRE", "AUTRE", "NUMERISE")
    # What happens after the period says nothing of it.
    ajouter(
        "AUTRE", "AUTRE", "NUMERISE",
        "insert into intermediaire.int_dmp_patients select '" + FINESS + "', '{ipp}', date '2023-12-01', date '9999-12-31', false, true",
    )  # fmt: skip

    def autre(
        indicateur: str, population: str, aller: str, retour: str, *modeles: str, part: bool = False, parmi: str = "true"
    ) -> None:
        """A counted unit of another indicator, whose patient, venue or correspondant no other case has: lost, or gone (``part``).

        ``parmi``: which; the objects of « objets » are its venues of the month and documents.
        """
        candidates = lire(
            entrepot,
            f"""
            with objets as (
                select finess_ej, ipp as unite_id, iep, ipp from intermediaire.int_venues_mois where {DU_MOIS}
                union
                select finess_ej, iep, iep, ipp from intermediaire.int_venues
                union
                select finess_ej, set_id, iep, ipp from intermediaire.int_documents
            )
            select unites.unite_id, min(objets.iep), min(objets.ipp)
            from {population} as unites
            left join objets using (finess_ej, unite_id)
            where unites.au_numerateur and unites.axe = 'TOUS' and {DU_MOIS} and {parmi}
            group by unites.unite_id
            having count(objets.iep) <= 1
            order by unites.unite_id
            """,
        )
        unite, iep, ipp = next(c for c in candidates if pris.isdisjoint(c))
        pris.update({unite, iep, ipp} - {None})
        # Everywhere: a patient or a correspondant counts in several months.
        ou = f"{population} {{}} where finess_ej = '{FINESS}' and unite_id = '{unite}'"
        ligne = f"delete from {ou.format('')}" if part else f"update {ou.format('set au_numerateur = false')}"
        requetes = (m.format(unite=unite, iep=iep, ipp=ipp, ej=f"finess_ej = '{FINESS}'") for m in modeles)
        trouves.append(Cas(indicateur, unite, (ligne, *requetes), aller, retour))

    inconnu = "delete from staging.stg_gam__patients where {ej} and ipp = '{unite}'"
    deux_mois = (
        f"unites.unite_id in (select unite_id from {POPULATIONS}p1_o1_ins_qualifiee where periode_debut = date '2023-10-01')"
    )
    patients = f"{POPULATIONS}p1_o1_ins_qualifiee"
    autre("P1.O1", patients, "IDENTITE_CONNUE", "IDENTITE_CONNUE", inconnu)
    autre(
        "P1.O1", patients, "IDENTITE_CHANGEE", "IDENTITE_CHANGEE",
        "update staging.stg_gam__patients set statut_identite = 'PROVISOIRE' where {ej} and ipp = '{unite}'",
        # One more venue does not say why a patient who was there is counted.
        *(
            f"insert into intermediaire.{table} by name select * replace ('Y' || iep as iep) from intermediaire.{table} {venue}"
            for table in ("int_venues", "int_venues_mois")
        ),
        parmi=f"{deux_mois} and objets.iep is not null",
    )  # fmt: skip
    for population, code in (("p1_o7_mss_pro", "P1.O7"), ("p1_o8_mss_citoyenne", "P1.O8")):
        autre(
            code, POPULATIONS + population, "VENUE_RETIREE", "VENUE_NOUVELLE",
            *(f"delete from intermediaire.{table} {venue}" for table in ("int_venues", "int_venues_mois")),
            part=True, parmi="objets.iep is not null",
        )  # fmt: skip
    # A venue of another month, a message of another month, say nothing of this one.
    autre(
        "P1.O7", f"{POPULATIONS}p1_o7_mss_pro", "AUTRE", "AUTRE",
        *(
            f"insert into intermediaire.{table} by name select * replace ('Z' || iep as iep, {dates}) from intermediaire.{table} {venue}"
            for table, dates in (
                ("int_venues", "date '2023-09-04' as date_entree, date '2023-09-05' as date_sortie"),
                ("int_venues_mois", "date '2023-09-01' as periode_debut, date '2023-09-30' as periode_fin"),
            )
        ),
    )  # fmt: skip
    message = (
        "insert into intermediaire.int_messages_mss by name select * replace ('Z{unite}' as message_id, '{unite}' as ipp, null as iep,"
        " null as set_id, date '2023-MM-04' as date_envoi) from intermediaire.int_messages_mss where {ej} limit 1"
    )
    for mois, aller, retour in (("09", "AUTRE", "AUTRE"), ("11", "ENVOI_ACQUITTE", "ENVOI_PERDU")):
        autre("P1.O8", f"{POPULATIONS}p1_o8_mss_citoyenne", aller, retour, message.replace("MM", mois))
    correspondants = "populations.pop_ifaq_d6_3i_mss"
    autre(
        "D6.3I", correspondants, "ENVOI_PERDU", "ENVOI_ACQUITTE",
        "delete from intermediaire.int_messages_correspondants where {ej} and correspondant_id = '{unite}'",
    )  # fmt: skip
    autre(
        "D6.3I", correspondants, "VENUE_RETIREE", "VENUE_NOUVELLE",
        "delete from intermediaire.int_correspondants_concernes where {ej} and correspondant_id = '{unite}'", part=True,
    )  # fmt: skip
    autre(
        "P1.O4", f"{POPULATIONS}p1_o4_compte_rendu_consultation", "VENUE_MODIFIEE", "VENUE_MODIFIEE",
        f"update intermediaire.int_venues set uf = 'autre' {venue}", part=True,
    )  # fmt: skip
    biologie = f"{POPULATIONS}p1_o5_biologie"
    autre(
        "P1.O5", biologie, "ENVOI_PERDU", "ENVOI_ACQUITTE",
        "delete from intermediaire.int_alimentations where {ej} and set_id = '{unite}'",
    )  # fmt: skip
    autre(
        "P1.O5", biologie, "VENUE_MODIFIEE", "VENUE_MODIFIEE", f"update intermediaire.int_venues set uf = 'autre' {venue}",
        part=True, parmi="(objets.finess_ej, objets.iep) in (select (finess_ej, iep) from intermediaire.int_venues)",
    )  # fmt: skip
    return trouves


AXES = (
    # Of an indicator whose types of document share a denominator: a séjour that goes, one that loses one of its types.
    f"delete from populations.pop_segur_v2_mss_sejours where {DU_MOIS} and unite_id = (select min(unite_id) from {TYPES} and axe <> 'TOUS')",
    "delete from populations.pop_segur_v2_mss_citoyenne_patients where unite_id = (select unite_id from"
    " populations.pop_segur_v2_mss_citoyenne_patients group by 1 order by count(distinct (periode_debut, axe)) desc, 1 limit 1)",
    f"delete from {TYPES} and axe <> 'TOUS' and (unite_id, axe) = (select (max(unite_id), max_by(axe, unite_id || axe)) from {TYPES}"
    " and axe <> 'TOUS')",
    # A count without denominator.
    "delete from populations.pop_segur_v2_alimentation_historique where unite_id = (select min(unite_id) from"
    " populations.pop_segur_v2_alimentation_historique)",
)


LENDEMAIN = (
    # The former states of the day of extraction are compared with today's; one of them changed.
    "update qualite.execution set date_extraction = date '2024-01-01'",
    "update marts.indicateurs set periode_debut = date '2024-01-01', periode_fin = date '2024-01-01' where nature_periode = 'instant'",
    *(
        f"update populations.{population} set periode_debut = date '2024-01-01', periode_fin = date '2024-01-01'"
        for population in (
            "pop_declarations",
            "pop_hopen_d1_5_acces_services",
            "pop_hopen_d2_3_services_dpi",
            "pop_hopen_d7_1_rdv_en_ligne",
        )
    ),
    f"update populations.pop_hopen_d1_5_acces_services set au_numerateur = not au_numerateur where finess_ej = '{FINESS}' and unite_id ="
    f" (select min(unite_id) from populations.pop_hopen_d1_5_acces_services where finess_ej = '{FINESS}')",
)


TOUCHES = (
    "P1.O2.LDL", "DS1.1", "P1.O1", "P1.O4", "P1.O7", "P1.O8", "D6.3I", "P1.O5", "DS2.1", "D1.5", "SV2.ALIM.HISTORIQUE",
    "SV2.MSS.CIT_PATIENTS",
)  # fmt: skip
"""Indicators whose populations are altered."""


@pytest.fixture(scope="module")
def deplaces(entrepot_demo: Path) -> list[Cas]:
    return cas(entrepot_demo)


@pytest.fixture(scope="module")
def altere(entrepot_demo: Path, deplaces: list[Cas], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration, where these units moved; its marts say what its populations do."""
    copie = tmp_path_factory.mktemp("comparaison") / "entrepot.duckdb"
    indicateurs = dict(lire(entrepot_demo, "select indicateur, population from reference.catalogue_indicateurs"))
    comptes = " union all ".join(
        f"select '{code}' as indicateur, finess_ej, periode_debut, axe, count(*) filter (where au_numerateur) as n, count(*) as d"
        f" from populations.{indicateurs[code]} where {filtre} group by all"
        for code, filtre in (
            *((code, "true") for code in TOUCHES),
            *((code, f"indicateur = '{code}'") for code in (SEJOURS, "SV2.MSS.CIT_SEJOURS")),
        )
    )
    copier_pour_alterer(
        entrepot_demo,
        copie,
        *(requete for c in deplaces for requete in c.requetes),
        *AXES,
        *LENDEMAIN,
        f"create temp table comptes as {comptes}",
        "update marts.indicateurs as i set numerateur = 0, denominateur = case when denominateur is not null then 0 end"
        " where indicateur in (select indicateur from comptes)",
        "update marts.indicateurs as i set numerateur = c.n, denominateur = case when i.denominateur is not null then c.d end from comptes as c"
        " where (i.indicateur, i.finess_ej, i.periode_debut, i.axe) = (c.indicateur, c.finess_ej, c.periode_debut, c.axe)",
        "update marts.indicateurs as i set denominateur = c.d from comptes as c where c.axe = 'TOUS' and c.indicateur like 'SV2.MSS.%'"
        " and (i.indicateur, i.finess_ej, i.periode_debut) = (c.indicateur, c.finess_ej, c.periode_debut)",
        "update marts.indicateurs set taux = 100.0 * numerateur / nullif(denominateur, 0) where indicateur in (select indicateur from comptes)",
    )
    return copie


@pytest.fixture(scope="module")
def autres_regles(altere: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, built by another version under another variable."""
    copie = tmp_path_factory.mktemp("regles") / "entrepot.duckdb"
    copier_pour_alterer(
        altere, copie, "update qualite.variables set valeur = '99' where variable = 'had_duree_minimale_jours'",
        "update qualite.execution set revision = 'r2', regles = 'abcdefghij'",
    )  # fmt: skip
    return copie


@pytest.fixture(scope="module")
def bilans(entrepot_demo: Path, altere: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Comparaison, Path]]:
    """From the demonstration to what was altered, and back, each with the CSV of its units."""
    dossier = tmp_path_factory.mktemp("bilans")
    sens = {"aller": (altere, entrepot_demo), "retour": (entrepot_demo, altere)}
    return {
        nom: (comparer_entrepots(apres, avant, unites=dossier / f"{nom}.csv"), dossier / f"{nom}.csv")
        for nom, (apres, avant) in sens.items()
    }


@pytest.fixture(scope="module")
def bilan(bilans: dict[str, tuple[Comparaison, Path]]) -> Comparaison:
    """From the demonstration to what was altered."""
    return bilans["aller"][0]


def verifier_les_sommes(bilan: Comparaison) -> None:
    """What its units change is what each indicator moved by, all of it, and nothing else moved."""
    numerateurs, denominateurs = Counter(), Counter()
    assert bilan.mouvements is not None
    for m in bilan.mouvements:
        numerateurs[m.cellule] += m.numerateur
        denominateurs[m.cellule] += m.denominateur
    assert {m.cellule for m in bilan.mouvements} == bilan.cellules.keys()
    for cellule, (_, avant, apres) in bilan.cellules.items():
        assert numerateurs[cellule] == apres.numerateur - avant.numerateur, cellule
        assert denominateurs[cellule] == (apres.denominateur or 0) - (avant.denominateur or 0), cellule


def causes(fichier: Path) -> dict[tuple[str, str], list[str]]:
    """The classes of each moved unit of the month, as the CSV says them."""
    dites: dict[tuple[str, str], list[str]] = {}
    with open(fichier, encoding="utf-8") as texte:
        for ligne in csv.DictReader(texte, delimiter=";"):
            if (ligne["finess_ej"], ligne["periode_debut"]) == (FINESS, str(MOIS)) and ligne["axe"] == "TOUS":
                dites.setdefault((ligne["indicateur"], ligne["unite_id"]), []).append(ligne["cause"])
    return dites


@pytest.mark.parametrize("sens", ["aller", "retour"])
def test_chaque_unite_est_dans_une_classe_et_elles_s_additionnent(
    entrepot_demo: Path, altere: Path, deplaces: list[Cas], bilans: dict[str, tuple[Comparaison, Path]], sens: str
) -> None:
    apres = altere if sens == "aller" else entrepot_demo
    bilan, fichier = bilans[sens]
    dites = causes(fichier)
    attendues = {(c.indicateur, c.unite): [getattr(c, sens)] for c in deplaces}
    assert {cle: dites.get(cle) for cle in attendues} == attendues
    # The twins of SUN-ES, and nothing else.
    assert {code for code, _ in dites.keys() - attendues.keys()} == {"DS1.1", "DS2.1"}
    assert {m.cause for m in bilan.mouvements or []} >= {getattr(c, sens) for c in deplaces}
    types = {m.cellule.axe for m in bilan.mouvements or [] if m.cellule.indicateur == SEJOURS}
    assert types == {
        axe for (axe,) in lire(entrepot_demo, f"select distinct axe from marts.indicateurs where indicateur = '{SEJOURS}'")
    }
    (service,) = (m for m in bilan.mouvements or [] if m.cellule.indicateur == "D1.5")
    ((aujourd_hui,),) = lire(apres, "select date_extraction from qualite.execution")
    assert (service.cause, service.nombre, service.cellule.periode_debut) == ("AUTRE", 1, aujourd_hui)
    verifier_les_sommes(bilan)


def test_chaque_cause_du_referentiel_est_essayee(deplaces: list[Cas], entrepot_demo: Path) -> None:
    essayees = {cause for c in deplaces for cause in (c.aller, c.retour)} | {"REGLE"}
    assert essayees == {cause for (cause,) in lire(entrepot_demo, "select cause from reference.causes_mouvement")}


def test_une_regle_changee_explique_ce_qu_aucune_donnee_n_explique(
    entrepot_demo: Path, autres_regles: Path, bilan: Comparaison
) -> None:
    apres = comparer_entrepots(autres_regles, entrepot_demo, deja_connu=True)
    assert not bilan.regles
    version, variable = apres.regles
    retenue = lire(entrepot_demo, "select valeur from qualite.variables where variable = 'had_duree_minimale_jours'")
    assert variable == f"Variable had_duree_minimale_jours : {retenue[0][0]} → 99" and version.endswith(
        "→ révision r2, règles abcdefgh"
    )

    def compter(comparaison: Comparaison) -> Counter[str]:
        return sum((Counter({m.cause: m.nombre}) for m in comparaison.mouvements or [] if m.cellule in apres.cellules), Counter())

    attendues, comptees = compter(bilan), compter(apres)
    assert comptees.pop("REGLE") == attendues.pop("AUTRE") and comptees == attendues


@pytest.mark.parametrize("sens", ["aller", "retour"])
def test_depuis_un_depot_les_causes_sont_les_memes(
    entrepot_demo: Path, altere: Path, deplaces: list[Cas], sortie_demo: Path, tmp_path: Path, sens: str
) -> None:
    (tmp_path / sorties.DBT).symlink_to(sortie_demo / sorties.DBT)
    apres, avant = (altere, entrepot_demo) if sens == "aller" else (entrepot_demo, altere)
    depots.deposer(avant, tmp_path, FINESS, "HOPEN2", MOIS)
    bilan = depots.comparer(apres, tmp_path, FINESS, "HOPEN2", MOIS, tmp_path / "unites.csv")
    attendues = {(c.indicateur, c.unite): [getattr(c, sens)] for c in deplaces if c.indicateur.startswith("P1.")}
    assert causes(tmp_path / "unites.csv") == attendues
    verifier_les_sommes(bilan)


def test_une_execution_de_l_historique_se_compare_en_valeurs(
    entrepot_demo: Path, autres_regles: Path, bilan: Comparaison, tmp_path: Path
) -> None:
    passe, precedent = tmp_path / sorties.HISTORIQUE, tmp_path / sorties.PRECEDENT
    historique.ajouter(entrepot_demo, passe, passe)
    (maillon,) = historique.lire(passe)
    valeurs = comparer_depuis(autres_regles, precedent, passe, maillon.execution_id[:6])
    assert valeurs.mouvements is None
    assert valeurs.cellules == {c: v for c, v in bilan.cellules.items() if v[1][:2] != v[2][:2]}
    # The rules of that run are in its file.
    assert len(valeurs.regles) == 2 and "→ révision r2" in valeurs.regles[0]
    with pytest.raises(ErreurSocle, match=f"ne commence par « zz ».*{maillon.execution_id[:8]}"):
        comparer_depuis(autres_regles, precedent, passe, "zz")
    # The units of the former run are there still.
    precedent.symlink_to(entrepot_demo)
    assert comparer_depuis(entrepot_demo, precedent, passe, maillon.execution_id[:6]).mouvements == []


def lancer(sortie: Path, *options: str) -> Result:
    """« socle comparer » in this process."""
    return CliRunner().invoke(cli.comparer, ["--sortie", str(sortie), *options])


@pytest.fixture
def deux_executions(entrepot_demo: Path, altere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output folder in the middle of a run: the warehouse in place, the one that it will put there."""
    monkeypatch.setenv("SOCLE_SORTIE", str(tmp_path))
    (tmp_path / sorties.PREPARATION).mkdir()
    (tmp_path / sorties.PREPARATION / sorties.ENTREPOT).symlink_to(altere)
    (tmp_path / sorties.ENTREPOT).symlink_to(entrepot_demo)
    return tmp_path


def test_une_execution_montre_ce_qu_elle_change_du_passe(
    deux_executions: Path, bilan: Comparaison, capsys: pytest.CaptureFixture[str]
) -> None:
    cli._signaler_ce_qui_a_bouge(Parametres())
    titre, *lignes, fin = capsys.readouterr().out.splitlines()
    assert "entièrement connues ont changé" in titre and "socle comparer" in fin
    par_ej = Counter(ligne.split()[0] for ligne in lignes)
    # The same, of what was known in full.
    bornee = comparer_entrepots(Parametres().construction, Parametres().entrepot, deja_connu=True)
    verifier_les_sommes(bornee)
    assert bornee.cellules.items() <= bilan.cellules.items()
    assert len(par_ej) > 1 and max(par_ej.values()) == affichage.LIGNES_PAR_EJ
    # The values that moved most, with why.
    du_chu = {c: v for c, v in bornee.cellules.items() if c.finess_ej == FINESS and c in affichage.parlantes(bornee)}
    ecarts = {
        f"{c.indicateur}, {v[0]} : ": abs((v[2].taux or 0) - (v[1].taux or 0)) for c, v in du_chu.items() if c.axe == "TOUS"
    }
    premiere = next(ligne for ligne in lignes if ligne.split()[0] == FINESS)
    assert max(ecarts.values()) > 1 and any(nom in premiere for nom, ecart in ecarts.items() if ecart == max(ecarts.values()))
    assert all(" → " in ligne and re.search(r" : \d+ \w", ligne.split(" → ")[1]) for ligne in lignes)
    montrees = len(lignes) + int(re.search(r"et (\d+) autres", fin)[1])
    assert montrees == len(affichage.parlantes(bornee))
    # Nothing to say where nothing moved, or before the first run.
    (deux_executions / sorties.ENTREPOT).unlink()
    cli._signaler_ce_qui_a_bouge(Parametres())
    (deux_executions / sorties.ENTREPOT).symlink_to(Parametres().construction)
    cli._signaler_ce_qui_a_bouge(Parametres())
    assert not capsys.readouterr().out


def entier(ecrit: str) -> int:
    return int(ecrit.replace("\u2212", "-").replace("\u202f", ""))


def test_la_commande_dit_tout_de_deux_executions(
    deux_executions: Path, entrepot_demo: Path, altere: Path, bilan: Comparaison
) -> None:
    refus = lancer(deux_executions)
    assert "Aucune exécution avant celle-ci" in str(refus.exception)
    for options in (("--finess", FINESS), ("--finess", FINESS, "--programme", "IFAQ", "--mois", "2023-05", "--depuis", "e1")):
        assert "ou rien" in str(lancer(deux_executions, *options).exception)
    (deux_executions / sorties.PRECEDENT).symlink_to(entrepot_demo)
    (deux_executions / sorties.ENTREPOT).unlink()
    (deux_executions / sorties.ENTREPOT).symlink_to(altere)
    dit = lancer(deux_executions, "--csv").output.splitlines()
    mouvements = [m for m in bilan.mouvements or []]
    unites = re.compile(r" +(\d+) \S.* : .*[(]numérateur (\S+), dénominateur (\S+)[)]$")
    lues = [unites.match(ligne) for ligne in dit]
    montrees = set(affichage.parlantes(bilan))
    assert len([lue for lue in lues if lue]) == len([m for m in mouvements if m.cellule in montrees])
    assert sum(entier(lue[2]) for lue in lues if lue) == sum(m.numerateur for m in mouvements)
    assert len(montrees) < len(bilan.cellules) and f"… et {len(bilan.cellules) - len(montrees)} valeurs d'un axe" in "\n".join(
        dit
    )
    fichier = deux_executions / "selections" / "mouvements.csv"
    assert dit[-1] == str(fichier) and fichier.stat().st_mode & 0o777 == 0o600
    assert len(fichier.read_text().splitlines()) == 1 + sum(m.nombre for m in mouvements)


def test_chaque_variable_du_projet_est_dite(entrepot_demo: Path) -> None:
    import yaml

    variables = yaml.safe_load((RACINE / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert dict(lire(entrepot_demo, "select variable, valeur from qualite.variables")) == {
        n: str(v) for n, v in variables.items()
    }
    ((revision, regles),) = lire(entrepot_demo, "select revision, regles from qualite.execution")
    assert revision and len(regles) == 32


def test_un_entrepot_remplace_devient_le_precedent(tmp_path: Path) -> None:
    for contenu in (b"un", b"deux", b"trois"):
        with sorties.preparation(tmp_path) as prepare:
            (prepare / sorties.ENTREPOT).write_bytes(contenu)
            sorties.mettre_en_place(prepare, tmp_path, (sorties.ENTREPOT,))
    assert (tmp_path / sorties.ENTREPOT).read_bytes() == b"trois"
    assert (tmp_path / sorties.PRECEDENT).read_bytes() == b"deux"
    assert (tmp_path / sorties.PRECEDENT).stat().st_mode & 0o777 == 0o600
    assert {f.name for f in tmp_path.iterdir()} == {sorties.ENTREPOT, sorties.PRECEDENT}


def test_un_etat_du_jour_se_compare_a_celui_d_aujourd_hui(
    entrepot_demo: Path, altere: Path, sortie_demo: Path, tmp_path: Path
) -> None:
    (tmp_path / sorties.DBT).symlink_to(sortie_demo / sorties.DBT)
    depots.deposer(entrepot_demo, tmp_path, FINESS, "HOPEN", date(2023, 12, 1))
    bilan = depots.comparer(altere, tmp_path, FINESS, "HOPEN", date(2023, 12, 1))
    verifier_les_sommes(bilan)
    instants = {c.indicateur for c in bilan.cellules if c.periode_debut > date(2023, 12, 31)}
    assert instants == {"D1.5"}
