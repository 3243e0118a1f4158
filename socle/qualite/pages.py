"""The Data Docs of Great Expectations, in French and without anything to fetch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
from great_expectations.render.renderer.site_builder import SiteBuilder
from markupsafe import Markup

from socle.qualite.bilan import Bilan, Resultat, Statut
from socle.qualite.catalogue import DIMENSIONS, SEVERITES
from socle.qualite.controles import Contenu
from socle.qualite.historique import Passage
from socle.qualite.reglages import Reglages
from socle.resultats.mots import instant, nombre, pourcentage, valeur_en_mots, variation
from socle.sorties import poser

LIBELLES = {
    Statut.BLOQUANT: "Bloquant",
    Statut.ALERTE: "Alerte",
    Statut.NON_EXECUTE: "Non exécuté",
    Statut.CONFORME: "Conforme",
    Statut.SANS_OBJET: "Sans objet",
}
SIGNES = {Statut.BLOQUANT: "■", Statut.ALERTE: "▲", Statut.NON_EXECUTE: "○", Statut.CONFORME: "✓", Statut.SANS_OBJET: "–"}
CONSTATS_MONTRES = 12
"""Kinds of finding shown of one control; the others are summed up."""


@dataclass(frozen=True)
class Rapport:
    """Everything the pages show."""

    bilan: Bilan
    reglages: Reglages
    contenu: Contenu
    passages: Sequence[Passage]

    def resultat(self, nom: str) -> Resultat:
        """The result of one control."""
        return next(r for r in self.bilan.resultats if r.controle.nom == nom)

    @property
    def par_dimension(self) -> dict[str, Counter[Statut]]:
        """Number of controls of each outcome, for each dimension."""
        comptes: dict[str, Counter[Statut]] = {dimension: Counter() for dimension in DIMENSIONS}
        for resultat in self.bilan.resultats:
            comptes[resultat.controle.dimension][resultat.statut] += 1
        return comptes


@dataclass
class RenduObjet:
    """Renderer of the page of one relation: the controls that Great Expectations validated on it."""

    rapport: Rapport
    data_context: Any = None

    def render(self, validation: Any) -> dict[str, Any]:
        """Give the template its values from a validation result."""
        resultats = [self.rapport.resultat(r.expectation_config.meta["controle"]) for r in validation.results]
        return {
            "gabarit": "objet.html.j2",
            "rapport": self.rapport,
            "objet": resultats[0].controle.objet,
            "resultats": trier(resultats),
            "racine": "../../../../",
        }


@dataclass
class RenduIndex:
    """Renderer of the first page."""

    rapport: Rapport
    data_context: Any = None

    def render(self, liens: dict[str, Any]) -> dict[str, Any]:
        """Give the template its values from the links that Great Expectations made."""
        return {
            "gabarit": "index.html.j2",
            "rapport": self.rapport,
            "pages": {lien["expectation_suite_name"]: lien["filepath"] for lien in liens["validations_links"]},
            "resultats": trier(self.rapport.bilan.resultats),
            "racine": "",
        }


class Vue:
    """Writes a page from its template."""

    def __init__(self, custom_styles_directory: Any = None, custom_views_directory: Any = None) -> None:
        """Load the templates; the folders of Great Expectations' own styles are not used."""
        self.gabarits = jinja2.Environment(
            loader=jinja2.PackageLoader("socle.qualite", "gabarits"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.gabarits.filters.update(nombre=nombre, jour=valeur_en_mots, instant=instant, part=part, tendance=tendance)
        self.gabarits.globals.update(
            Statut=Statut, LIBELLES=LIBELLES, SIGNES=SIGNES, DIMENSIONS=DIMENSIONS, SEVERITES=SEVERITES,
            CONSTATS_MONTRES=CONSTATS_MONTRES, version_gx=version("great-expectations"), version_socle=version("socle"),
        )  # fmt: skip

    def render(self, document: dict[str, Any], **_: Any) -> str:
        """Give the page of one document."""
        return self.gabarits.get_template(document["gabarit"]).render(document)


def trier(resultats: Sequence[Resultat]) -> list[Resultat]:
    """Put the worst first."""
    rang = {statut: i for i, statut in enumerate(LIBELLES)}
    return sorted(resultats, key=lambda r: (rang[r.statut], -r.nb, r.controle.titre))


def part(nb: int, total: int | None) -> str:
    """Share of a total, in percent; nothing without a total."""
    if not total:
        return ""
    taux = 100 * nb / total
    return f"< {pourcentage(0.1)}" if 0 < taux < 0.1 else pourcentage(taux)


def tendance(resultat: Resultat) -> Markup:
    """Draw the former counts and this one, and say the difference with the last run."""
    valeurs = [v for v in (*resultat.historique, resultat.nb) if v is not None]
    precedents = [v for v in resultat.historique if v is not None]
    if not precedents:
        return Markup('<span class="discret">premier passage</span>')
    ecart = resultat.nb - precedents[-1]
    texte = "stable" if not ecart else variation(ecart)
    sens = "stable" if not ecart else "hausse" if ecart > 0 else "baisse"
    haut = max(valeurs) or 1
    points = " ".join(f"{2 + 76 * i / max(len(valeurs) - 1, 1):.1f},{18 - 16 * v / haut:.1f}" for i, v in enumerate(valeurs))
    suite = ", ".join(nombre(v) for v in valeurs)
    return Markup(
        '<svg class="courbe" viewBox="0 0 80 20" role="img" aria-label="Passages successifs : {}">'
        '<polyline points="{}" /></svg> <span class="{}">{}</span>'
    ).format(suite, points, sens, texte)


def ecrire(contexte: Any, rapport: Rapport, dossier: Path) -> None:
    """Write the Data Docs.

    Args:
        contexte: the Great Expectations context that holds the validations.
        rapport: what to show.
        dossier: new folder of the report, in a folder of preparation.

    Raises:
        RuntimeError: Great Expectations left a page out.
    """
    nouveau = dossier.with_name("site")
    vue = {"module_name": __name__, "class_name": "Vue"}
    site = SiteBuilder(
        data_context=contexte,
        store_backend={"class_name": "TupleFilesystemStoreBackend", "base_directory": str(nouveau.resolve())},
        show_how_to_buttons=False,
        site_index_builder={
            "class_name": "DefaultSiteIndexBuilder",
            "renderer": {"module_name": __name__, "class_name": "RenduIndex", "rapport": rapport},
            "view": vue,
        },
        site_section_builders={
            "expectations": "none",
            "profiling": "none",
            "validations": {
                "renderer": {"module_name": __name__, "class_name": "RenduObjet", "rapport": rapport},
                "view": vue,
            },
        },
    )
    _, liens = site.build()
    # Great Expectations logs what it could not render and goes on.
    attendus = {r.controle.objet.split(".")[1] for r in rapport.bilan.resultats if r.motif is None}
    absents = attendus - {lien["expectation_suite_name"] for lien in (liens or {}).get("validations_links", [])}
    index = nouveau / "index.html"
    if absents or not index.exists() or not index.stat().st_size:
        raise RuntimeError(f"Great Expectations did not write the pages {sorted(absents) or 'index'}")
    # Great Expectations adds the styles of its own pages.
    for page in (nouveau / "validations", index):
        poser(page, dossier / page.name, durable=False)
