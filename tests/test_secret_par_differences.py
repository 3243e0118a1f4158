"""What a reader of the publication would find again of the small counts that it hides, by sums and differences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
from conftest import SEUIL

from socle.publication import Bilan

Cellule = tuple[object, ...]
Equation = dict[Cellule, int]


@pytest.fixture(scope="module")
def copies(entrepot_demo: Path, publication_sans_petits_effectifs: Bilan) -> tuple[duckdb.DuckDBPyConnection, Path]:
    """The publication of the demonstration with its small counts hidden, and the warehouse beside it as « vrai »."""
    duckdb_publie = publication_sans_petits_effectifs.duckdb
    connexion = duckdb.connect(str(duckdb_publie), read_only=True)
    connexion.execute(f"attach '{entrepot_demo}' as vrai (read_only)")
    return connexion, duckdb_publie


class Lecteur:
    """A reader who adds and subtracts: cells he knows, cells he does not, and equations among them."""

    def __init__(self) -> None:
        self.connues: dict[Cellule, int] = {}
        self.vraies: dict[Cellule, int] = {}
        self.equations: list[Equation] = []
        self.relations: dict[object, list[tuple[list[Cellule], Cellule]]] = defaultdict(list)

    def voir(self, cellule: Cellule, publiee: int | None, vraie: int | None) -> None:
        if vraie is not None:
            assert self.vraies.setdefault(cellule, vraie) == vraie, cellule
        if publiee is not None:
            self.connues[cellule] = publiee

    def relier(self, sens: object, somme: Iterable[Cellule], total: Cellule) -> None:
        """The cells add up to the total, as everywhere where tables of that meaning are read together."""
        cellules = list(somme)
        if all(c in self.vraies for c in [*cellules, total]):
            self.relations[sens].append((cellules, total))

    def apprendre(self) -> None:
        """Keep the meanings that hold in truth everywhere: the reader knows what tables mean, not what happens to be equal."""
        for relations in self.relations.values():
            if all(sum(self.vraies[c] for c in cellules) == self.vraies[total] for cellules, total in relations):
                self.equations += [dict.fromkeys(cellules, 1) | {total: -1} for cellules, total in relations]

    def deduire(self) -> dict[Cellule, int]:
        """Cells that the published ones give, one unknown at a time until nothing more comes."""
        connues = dict(self.connues)
        par_cellule: dict[Cellule, list[Equation]] = defaultdict(list)
        for equation in self.equations:
            for cellule in equation:
                par_cellule[cellule].append(equation)
        attente = list(self.equations)
        while attente:
            equation = attente.pop()
            inconnues = [c for c in equation if c not in connues]
            if len(inconnues) == 1:
                (cellule,) = inconnues
                reste = -sum(signe * connues[c] for c, signe in equation.items() if c != cellule)
                connues[cellule] = reste // equation[cellule]
                attente += par_cellule[cellule]
        return {c: v for c, v in connues.items() if c not in self.connues}


def lire(connexion: duckdb.DuckDBPyConnection, table: str, cles: str, colonnes: str) -> list[tuple]:
    """Keys, published columns, then true columns of a table."""
    noms = colonnes.split(", ")
    valeurs = ", ".join([f"p.{nom}" for nom in noms] + [f"v.{nom}" for nom in noms])
    schema, nom = table.split(".")
    return connexion.execute(
        f"select {', '.join(f'p.{c}' for c in cles.split(', '))}, {valeurs} from {schema}.{nom} as p"
        f" inner join vrai.marts.{nom} as v using ({cles})"
    ).fetchall()


def test_aucun_petit_effectif_ne_se_retrouve_par_differences(copies: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    connexion, _ = copies
    lecteur = Lecteur()
    axes: dict[tuple, list[str]] = defaultdict(list)
    debuts: dict[tuple, list] = defaultdict(list)
    for indicateur, finess, debut, axe, n, d, vrai_n, vrai_d in lire(
        connexion, "marts.indicateurs", "indicateur, finess_ej, periode_debut, axe", "numerateur, denominateur"
    ):
        lecteur.voir(("n", indicateur, finess, debut, axe), n, vrai_n)
        lecteur.voir(("d", indicateur, finess, debut, axe), d, vrai_d)
        # What is left of the denominator is a count too.
        if vrai_d is not None:
            lecteur.voir(("reste", indicateur, finess, debut, axe), None, vrai_d - vrai_n)
            cles = (indicateur, finess, debut, axe)
            lecteur.relier("reste", [("n", *cles), ("reste", *cles)], ("d", *cles))
        axes[indicateur, finess, debut].append(axe)
        debuts[finess, axe, debut].append(indicateur)
    # The parts of an axis and its total.
    for cle, valeurs in axes.items():
        for genre in ("n", "d", "reste"):
            lecteur.relier((cle[0], genre), [(genre, *cle, axe) for axe in valeurs if axe != "TOUS"], (genre, *cle, "TOUS"))
    # Two indicators of one population, month by month.
    jumeaux = connexion.execute(
        "select a.indicateur, b.indicateur from vrai.reference.catalogue_indicateurs as a inner join"
        " vrai.reference.catalogue_indicateurs as b using (population) where a.indicateur < b.indicateur"
    ).fetchall()
    assert ("DS1.1", "P1.O2.LDL") in jumeaux
    for (finess, axe, debut), indicateurs in debuts.items():
        for a, b in jumeaux:
            if {a, b} <= {*indicateurs}:
                for genre in ("n", "d"):
                    lecteur.relier((a, b, genre), [(genre, a, finess, debut, axe)], (genre, b, finess, debut, axe))
    # The funnel.
    etapes: dict[tuple, list[str]] = defaultdict(list)
    for indicateur, finess, debut, etape, nb, vrai_nb in lire(
        connexion, "marts.entonnoir", "indicateur, finess_ej, periode_debut, etape", "nb"
    ):
        lecteur.voir(("etape", indicateur, finess, debut, etape), nb, vrai_nb)
        etapes[indicateur, finess, debut].append(etape)
    for cle, valeurs in etapes.items():
        lecteur.relier((cle[0], "entonnoir"), [("etape", *cle, etape) for etape in valeurs], ("d", *cle, "TOUS"))
        lecteur.relier(
            (cle[0], "arrets"), [("etape", *cle, etape) for etape in valeurs if etape != "ALIMENTE"], ("reste", *cle, "TOUS")
        )
        lecteur.relier((cle[0], "alimentes"), [("etape", *cle, "ALIMENTE")], ("n", *cle, "TOUS"))
    # From one month to the next.
    for indicateur, finess, debut, axe, *valeurs in lire(
        connexion, "marts.evolution", "indicateur, finess_ej, periode_debut, axe",
        "periode_precedente_debut, numerateur_precedent, denominateur_precedent, evolution_numerateur",
    ):  # fmt: skip
        _, n, d, ecart, avant, vrai_n, vrai_d, vrai_ecart = valeurs
        if avant is not None and ("n", indicateur, finess, avant, axe) in lecteur.vraies:
            lecteur.voir(("n", indicateur, finess, avant, axe), n, vrai_n)
            lecteur.voir(("d", indicateur, finess, avant, axe), d, vrai_d)
            lecteur.voir(("ecart", indicateur, finess, debut, axe), ecart, vrai_ecart)
            lecteur.relier(
                "evolution",
                [("n", indicateur, finess, avant, axe), ("ecart", indicateur, finess, debut, axe)],
                ("n", indicateur, finess, debut, axe),
            )
    # Pôles, services and UF: each level adds up to the one above, the pôles to the establishment.
    parties: dict[tuple, list[Cellule]] = defaultdict(list)
    for *cle, niveau, structure, parente, n, d, vrai_n, vrai_d in connexion.execute(
        """
        select indicateur, finess_ej, periode_debut, axe, niveau, structure_id, p.structure_parente,
               p.numerateur, p.denominateur, v.numerateur, v.denominateur
        from marts.indicateurs_par_service as p
        inner join vrai.marts.indicateurs_par_service as v using (indicateur, finess_ej, periode_debut, axe, niveau, structure_id)
        """
    ).fetchall():
        place = (*cle, niveau, structure)
        lecteur.voir(("n", *place), n, vrai_n)
        lecteur.voir(("d", *place), d, vrai_d)
        lecteur.voir(("reste", *place), None, vrai_d - vrai_n)
        lecteur.relier("reste", [("n", *place), ("reste", *place)], ("d", *place))
        dessus = {"POLE": (), "SERVICE": ("POLE", parente), "UF": ("SERVICE", parente)}[niveau]
        parties[*cle, *dessus].append(place)
    for (indicateur, *reste), places in parties.items():
        for genre in ("n", "d", "reste"):
            lecteur.relier((indicateur, genre, "structures"), [(genre, *place) for place in places], (genre, indicateur, *reste))
    # The same structure in two indicators of one population.
    par_place: dict[tuple, list[str]] = defaultdict(list)
    for places in parties.values():
        for indicateur, *place in places:
            par_place[tuple(place)].append(indicateur)
    for place, indicateurs in par_place.items():
        for a, b in jumeaux:
            if {a, b} <= {*indicateurs}:
                for genre in ("n", "d"):
                    lecteur.relier((a, b, genre, "structures"), [(genre, a, *place)], (genre, b, *place))
    # Séjours by activity: retained or not, the sum of the activities is that of the establishment.
    activites: dict[tuple, list[str]] = defaultdict(list)
    for finess, debut, activite, clos, retenus, vrai_clos, vrai_retenus in lire(
        connexion, "details.sejours_par_activite", "finess_ej, periode_debut, activite", "nb_clos, nb_retenus"
    ):
        for genre, publie, vrai in (("clos", clos, vrai_clos), ("retenus", retenus, vrai_retenus)):
            lecteur.voir((genre, finess, debut, activite), publie, vrai)
        lecteur.voir(("non retenus", finess, debut, activite), None, vrai_clos - vrai_retenus)
        lecteur.relier(
            "retenus",
            [("retenus", finess, debut, activite), ("non retenus", finess, debut, activite)],
            ("clos", finess, debut, activite),
        )
        activites[finess, debut].append(activite)
    for (finess, debut), valeurs in activites.items():
        for indicateur in debuts.get((finess, "TOUS", debut), []):
            total = ("d", indicateur, finess, debut, "TOUS")
            for genre in ("clos", "retenus"):
                lecteur.relier((indicateur, genre), [(genre, finess, debut, activite) for activite in valeurs], total)
    lecteur.apprendre()
    assert len(lecteur.equations) > 5_000
    attendues = {"evolution", ("DS1.1", "P1.O2.LDL", "d"), ("P1.O2.LDL", "entonnoir"), ("P1.O2.LDL", "n", "structures")}
    assert attendues <= {*lecteur.relations}
    trouvees = lecteur.deduire()
    for cellule, valeur in trouvees.items():
        assert lecteur.vraies[cellule] == valeur, cellule
    montrees = {c: v for c, v in lecteur.connues.items() if 0 < v < SEUIL and c[0] != "ecart"}
    assert montrees == {}, list(montrees.items())[:10]
    # How much a count moved is not a count of persons.
    retrouvees = {c: v for c, v in trouvees.items() if 0 < v < SEUIL and c[0] != "ecart"}
    assert retrouvees == {}, (len(retrouvees), list(retrouvees.items())[:10])


def test_aucun_taux_ne_dit_un_effectif_cache(copies: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    connexion, _ = copies
    tables = connexion.execute(
        "select schema_name || '.' || table_name, list(column_name) from duckdb_columns()"
        " where database_name = 'socle_marts' and column_name in ('numerateur', 'taux', 'restant_pour_cible', 'ecart_cible_points')"
        " group by all having bool_or(column_name = 'numerateur') and count(*) > 1"
    ).fetchall()
    assert len(tables) > 60
    for table, colonnes in tables:
        dites = " or ".join(f"{c} is not null" for c in colonnes if c != "numerateur")
        fuites = connexion.execute(f"select count(*) from {table} where numerateur is null and ({dites})").fetchall()
        assert fuites == [(0,)], table


def test_masque_dit_ou_un_effectif_est_cache(copies: tuple[duckdb.DuckDBPyConnection, Path]) -> None:
    connexion, _ = copies
    for table in ("indicateurs", "indicateurs_juges"):
        comptes = ("numerateur", "denominateur", "numerateur_national_traces", "numerateur_national_constate")
        perdu = " or ".join(f"(p.{c} is null and v.{c} is not null)" for c in comptes)
        ecarts = connexion.execute(
            f"select count(*) filter (where p.masque), count(*) filter (where p.masque is distinct from ({perdu})) from marts.{table} as p"
            f" inner join vrai.marts.{table} as v using (indicateur, finess_ej, periode_debut, axe)"
        ).fetchall()
        assert ecarts[0][0] > 100 and ecarts[0][1] == 0, (table, ecarts)


def test_le_lecteur_retrouve_ce_qui_n_est_pas_protege() -> None:
    # The attack itself: without the protection of a total, one hidden part among shown ones is found.
    lecteur = Lecteur()
    for partie, publiee, vraie in (("a", 40, 40), ("b", None, 3), ("TOUS", 43, 43)):
        lecteur.voir((partie,), publiee, vraie)
    lecteur.relier("axe", [("a",), ("b",)], ("TOUS",))
    lecteur.apprendre()
    assert lecteur.deduire() == {("b",): 3}
