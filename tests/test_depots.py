"""A deposit is frozen, and what moved since is told unit by unit, to the last."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest
from conftest import copier_pour_alterer, socle

from socle import depots, sorties
from socle.comparaison import MOUVEMENTS
from socle.parametres import ErreurSocle

FINESS, PROGRAMME, MOIS = "299999000", "HOPEN2", date(2023, 11, 1)
POPULATION = "populations.pop_hopen2_p1_o2_lettre_liaison"
DU_MOIS = f"finess_ej = '{FINESS}' and periode_debut = date '{MOIS}'"


@pytest.fixture(scope="module")
def sortie(sortie_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder of its own with the deposit of a month of the demonstration."""
    dossier = tmp_path_factory.mktemp("depots")
    (dossier / sorties.DBT).symlink_to(sortie_demo / sorties.DBT)
    depots.deposer(sortie_demo / sorties.ENTREPOT, dossier, FINESS, PROGRAMME, date(2023, 11, 17))
    return dossier


def test_un_depot_dit_les_valeurs_et_reste(sortie: Path, entrepot_demo: Path) -> None:
    description = depots.chemin(sortie, FINESS, PROGRAMME, MOIS)
    contenu = json.loads(description.read_text())
    with duckdb.connect(str(entrepot_demo), read_only=True) as connexion:
        attendues = connexion.execute(
            f"select indicateur, numerateur, denominateur from marts.indicateurs where programme = '{PROGRAMME}' and {DU_MOIS}"
        ).fetchall()
    assert sorted((v["indicateur"], v["numerateur"], v["denominateur"]) for v in contenu["valeurs"]) == sorted(attendues)
    assert (sortie / "dossiers" / contenu["dossier"]["fichier"]).exists()
    # The units add up to the values.
    comptes = duckdb.sql(
        f"select indicateur, count(*) filter (where au_numerateur), count(*) from '{description.with_suffix('.parquet')}' group by 1"
    ).fetchall()
    assert sorted(comptes) == sorted(ligne for ligne in attendues if ligne[2])
    assert description.parent.stat().st_mode & 0o777 == 0o700
    assert {f.stat().st_mode & 0o777 for f in description.parent.iterdir()} == {0o600}
    assert len(list(description.parent.iterdir())) == 4
    with pytest.raises(ErreurSocle, match="ce dépôt est figé"):
        depots.deposer(entrepot_demo, sortie, FINESS, PROGRAMME, MOIS)


def test_rien_n_a_bouge(sortie: Path, entrepot_demo: Path) -> None:
    bilan = depots.comparer(entrepot_demo, sortie, FINESS, "hopen2", MOIS)
    assert (bilan.mouvements, bilan.cellules, bilan.regles) == ([], {}, [])


def test_les_mouvements_s_additionnent_en_la_difference(sortie: Path, entrepot_demo: Path, tmp_path: Path) -> None:
    apres = tmp_path / "apres.duckdb"

    def de(compte: bool, rang: int) -> str:
        return (
            f"unite_id = (select unite_id from {POPULATION} where {DU_MOIS} and {'' if compte else 'not '}au_numerateur"
            f" order by unite_id limit 1 offset {rang}) and {DU_MOIS}"
        )

    copier_pour_alterer(
        entrepot_demo,
        apres,
        f"insert into {POPULATION} select * replace ('N' || rowid as unite_id) from {POPULATION} where {de(True, 0)} or {de(False, 0)}",
        f"delete from {POPULATION} where {de(True, 1)}",
        f"delete from {POPULATION} where {de(False, 1)}",
        f"update {POPULATION} set au_numerateur = false, etape = 'RETIRE' where {de(True, 2)}",
        f"update {POPULATION} set au_numerateur = true where {de(False, 2)}",
        # Elsewhere, nothing that the deposit says.
        f"delete from {POPULATION} where periode_debut <> date '{MOIS}' or finess_ej <> '{FINESS}'",
    )
    mouvements = depots.comparer(apres, sortie, FINESS, PROGRAMME, MOIS).mouvements
    assert {m.cellule.indicateur for m in mouvements} == {"P1.O2.LDL"}
    assert {m.mouvement: m.nombre for m in mouvements} == dict.fromkeys(MOUVEMENTS, 1)
    (perdue,) = (m for m in mouvements if m.mouvement == "PERDUE")
    with duckdb.connect(str(apres), read_only=True) as connexion:
        libelles = dict(connexion.execute("select etape, libelle from reference.etapes").fetchall())
    assert (perdue.etape_avant, perdue.etape_apres) == (libelles["ALIMENTE"], libelles["RETIRE"])
    with duckdb.connect(str(apres), read_only=True) as connexion:
        ((numerateur, denominateur),) = connexion.execute(
            f"select count(*) filter (where au_numerateur), count(*) from {POPULATION} where {DU_MOIS}"
        ).fetchall()
    (fige,) = (
        v
        for v in json.loads(depots.chemin(sortie, FINESS, PROGRAMME, MOIS).read_text())["valeurs"]
        if v["indicateur"] == "P1.O2.LDL"
    )
    assert sum(m.numerateur for m in mouvements) == numerateur - fige["numerateur"]
    assert sum(m.denominateur for m in mouvements) == denominateur - fige["denominateur"]


def test_les_commandes_disent_ce_qui_a_bouge(sortie_demo: Path, exports_demo: Path, tmp_path: Path) -> None:
    for nom in (sorties.DBT, sorties.ENTREPOT, "lac"):
        (tmp_path / nom).symlink_to(sortie_demo / nom)
    depot = ("--finess", FINESS, "--programme", "HOPEN2", "--mois", "2023-11")
    fige = socle(exports_demo, tmp_path, "deposer", *depot)
    assert fige.returncode == 0 and f"{FINESS}_hopen2_2023-11.json" in fige.stdout.replace("\n", ""), fige.stderr
    assert "Rien n'a bougé" in socle(exports_demo, tmp_path, "comparer", *depot).stdout


@pytest.mark.parametrize("fin", depots.FIGEES.values())
def test_un_depot_altere_est_dit(sortie: Path, entrepot_demo: Path, fin: str) -> None:
    fichier = depots.chemin(sortie, FINESS, PROGRAMME, MOIS).with_suffix(f".{fin}")
    octets = fichier.read_bytes()
    try:
        fichier.write_bytes(octets[:-1] + b"?")
        with pytest.raises(ErreurSocle, match="n'est plus ce qui a été figé"):
            depots.comparer(entrepot_demo, sortie, FINESS, PROGRAMME, MOIS)
        fichier.unlink()
        with pytest.raises(ErreurSocle, match="manque"):
            depots.comparer(entrepot_demo, sortie, FINESS, PROGRAMME, MOIS)
    finally:
        fichier.write_bytes(octets)


def test_un_depot_fait_ailleurs_se_compare_en_valeurs(sortie: Path, entrepot_demo: Path) -> None:
    with pytest.raises(ErreurSocle, match="socle deposer"):
        depots.comparer(entrepot_demo, sortie, FINESS, PROGRAMME, date(2023, 10, 1))
    with duckdb.connect(str(entrepot_demo), read_only=True) as connexion:
        ((indicateur, debut, *attendues),) = connexion.execute(
            "select indicateur, periode_debut, numerateur_depose, denominateur_depose, taux_depose, numerateur, denominateur, taux"
            f" from marts.depots_ailleurs where finess_ej = '{FINESS}' and programme = 'IFAQ'"
        ).fetchall()
    bilan = depots.comparer(entrepot_demo, sortie, FINESS, "ifaq", debut)
    assert bilan.mouvements is None and "ailleurs" in bilan.avant
    ((cellule, (_, avant, apres)),) = bilan.cellules.items()
    assert (cellule.indicateur, cellule.periode_debut) == (indicateur, debut)
    assert [*avant, *apres] == attendues and avant != apres
    # What was typed is what the data say.
    assert depots.comparer(entrepot_demo, sortie, FINESS, "HOPEN", date(2023, 12, 1)).cellules == {}
