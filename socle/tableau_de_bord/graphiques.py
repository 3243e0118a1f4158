"""The charts of the dashboard, as Vega-Lite specifications whose rows the page fills in."""

from __future__ import annotations

from typing import Any

import altair as alt

ENCRE, GRIS, TRAIT, PAPIER = "var(--encre)", "var(--gris)", "var(--trait)", "var(--papier)"
BLEU, ORANGE, VIOLET = "var(--bleu)", "var(--orange)", "var(--violet)"
"""Colours of the page, which follow its theme. Establishment, target, operator: told apart by shape and line too, and by the common colour blindnesses."""

HAUTEUR_BARRE = 22
"""Height of one bar in pixels; the page multiplies it by the number of rows."""

POLICE = "Segoe UI, Inter, Roboto, Helvetica Neue, Liberation Sans, Arial, sans-serif"


def _configurer(graphique: alt.LayerChart, hauteur: int) -> dict[str, Any]:
    specification = (
        graphique.properties(
            width="container",
            height=hauteur,
            background="transparent",
            padding=2,
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelFont=POLICE,
            titleFont=POLICE,
            labelColor=GRIS,
            titleColor=GRIS,
            labelFontSize=11,
            gridColor=TRAIT,
            domainColor="var(--axe)",
            tickColor="var(--axe)",
        )
        .configure_text(font=POLICE)
        .to_dict()
    )
    # The page speaks of the chart in French beside it; Vega's own English wording would only repeat it.
    specification.pop("$schema")
    return specification


def evolution() -> dict[str, Any]:
    """Rate of one establishment over time, with its target and the operator's figure.

    Rows: ``jour`` (where the period stands on the axis), ``periode``, ``taux``, ``cible``, ``national``, ``national_vu`` (drawn at the
    upper edge when it is beyond), ``texte_*`` for the tooltip, ``complete``. Parameter ``haut``: top of the scale.
    """
    abscisse = alt.X(
        "jour:T",
        scale=alt.Scale(type="utc", padding=9),
        axis=alt.Axis(
            title=None,
            format="%b %y",
            grid=False,
            tickCount=alt.ExprRef("width < 330 ? 5 : 7"),
            labelSeparation=6,
            labelOverlap="greedy",
            labelFlush=False,
        ),
    )

    def ordonnee(champ: str) -> alt.Y:
        return alt.Y(
            f"{champ}:Q",
            scale=alt.Scale(domainMin=0, domainMax=alt.ExprRef("haut"), nice=False, clamp=True),
            axis=alt.Axis(title=None, tickCount=5, labelExpr="datum.label + texte_unite", domain=False, ticks=False),
        )

    infobulle = [
        alt.Tooltip("periode:N", title="Période"),
        alt.Tooltip("texte_taux:N", title="Établissement"),
        alt.Tooltip("texte_cible:N", title="Cible"),
        alt.Tooltip("texte_national:N", title="National"),
    ]
    base = alt.Chart(alt.NamedData("mesures")).encode(abscisse)
    cible = base.mark_line(color=ORANGE, strokeDash=[6, 4], strokeWidth=1.6, interpolate="step-before").encode(ordonnee("cible"))
    national = base.mark_point(color=VIOLET, filled=False, strokeWidth=1.8, size=62).encode(
        ordonnee("national_vu"),
        shape=alt.Shape("hors:N", scale=alt.Scale(domain=[False, True], range=["diamond", "triangle-up"]), legend=None),
        tooltip=infobulle,
    )
    ligne = base.mark_line(color=BLEU, strokeWidth=2.4).encode(ordonnee("taux"))
    rond = base.mark_point(filled=True, color=BLEU, size=46, opacity=1, stroke=BLEU, strokeWidth=1.6).encode(
        ordonnee("taux"),
        fill=alt.Fill("complete:N", scale=alt.Scale(domain=[True, False], range=[BLEU, PAPIER]), legend=None),
        tooltip=infobulle,
    )
    parametres = [alt.param(name="haut", value=100), alt.param(name="texte_unite", value=" %")]
    return _configurer(alt.layer(cible, ligne, national, rond).add_params(*parametres), 210)


def entonnoir() -> dict[str, Any]:
    """How far the units of the denominator got. Rows in the order of the steps: ``etape``, ``nb``, ``texte``,
    ``arrivee``."""
    base = alt.Chart(alt.NamedData("etapes")).encode(
        alt.Y(
            "etape:N",
            sort=None,
            axis=alt.Axis(title=None, domain=False, ticks=False, labelPadding=8, labelColor=ENCRE),
        ),
        alt.X("nb:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=alt.ExprRef("plafond"))),
    )
    barres = base.mark_bar(height=13, cornerRadiusEnd=2).encode(
        color=alt.Color("arrivee:N", scale=alt.Scale(domain=[True, False], range=[BLEU, ORANGE]), legend=None),
        tooltip=[alt.Tooltip("etape:N", title="Étape"), alt.Tooltip("texte:N", title="Nombre")],
    )
    textes = base.mark_text(align="left", dx=5, color=ENCRE, fontSize=11).encode(text="texte:N")
    return _configurer(alt.layer(barres, textes).add_params(alt.param(name="plafond", value=1)), HAUTEUR_BARRE)


def par_axe() -> dict[str, Any]:
    """Latest value for each document type, profile or nature. Rows: ``axe``, ``valeur``, ``texte``, in the order drawn."""
    base = alt.Chart(alt.NamedData("axes")).encode(
        alt.Y(
            "axe:N",
            sort=None,
            axis=alt.Axis(title=None, domain=False, ticks=False, labelPadding=8, labelColor=ENCRE),
        ),
        alt.X("valeur:Q", axis=None, scale=alt.Scale(domainMin=0, domainMax=alt.ExprRef("plafond"))),
    )
    barres = base.mark_bar(height=13, color=BLEU, cornerRadiusEnd=2).encode(
        tooltip=[alt.Tooltip("axe:N", title="Modalité"), alt.Tooltip("texte:N", title="Valeur")]
    )
    textes = base.mark_text(align="left", dx=5, color=ENCRE, fontSize=11).encode(text="texte:N")
    return _configurer(alt.layer(barres, textes).add_params(alt.param(name="plafond", value=100)), HAUTEUR_BARRE)
