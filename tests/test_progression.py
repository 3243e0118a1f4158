"""What « socle run » shows of a long build: layer, models, time, rows per second on a terminal; nothing elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from socle import cli, execution
from socle.execution import Etape
from socle.parametres import Parametres

ETAPES = (
    Etape(lignes=12_000),
    Etape(couche="lecture des exports", nom="stg_gam__venues", fait=28, total=220, lignes=12_000),
    Etape(couche="populations", nom="pop_a", fait=150, total=220, lignes=12_000, avis="Cache gam/venues : abîmé."),
)


def affiche(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> list[str]:
    """What stands on the screen after each step."""
    ecran = io.StringIO()
    vues: list[str] = []

    def construire(parametres: Parametres, descripteur: int, suivre: Callable[[Etape], None]) -> None:
        for etape in ETAPES:
            ecran.truncate(0)
            suivre(etape)
            # The bar is drawn ten times a second: what it would draw now.
            for barre in barres:
                barre.refresh()
            vues.append(ecran.getvalue())

    barres: list[Any] = []

    class Progress(cli.Progress):
        def start(self) -> None:
            barres.append(self)
            super().start()

    monkeypatch.setattr(cli, "Progress", Progress)
    monkeypatch.setattr(cli, "console", Console(file=ecran, force_terminal=terminal, width=120))
    monkeypatch.setattr(execution, "construire", construire)
    cli._construire(Parametres(), 0)
    return vues


def test_a_terminal_shows_where_the_build_is(monkeypatch: pytest.MonkeyPatch) -> None:
    debut, lecture, populations = affiche(monkeypatch, terminal=True)
    assert "préparation" in debut and "lignes/s" in debut
    assert "lecture des exports" in lecture and "28/220" in lecture and "0:00:0" in lecture
    assert "populations" in populations and "150/220" in populations
    assert populations.count("abîmé") == 1
    # Reading is over: its rate no longer changes.
    assert [vue.split(" lignes/s")[0].split()[-1] for vue in (lecture, populations)] == [
        debut.split(" lignes/s")[0].split()[-1]
    ] * 2


def test_elsewhere_only_what_the_reader_should_know_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [vue.strip("\x00").strip() for vue in affiche(monkeypatch, terminal=False)] == ["", "", "Cache gam/venues : abîmé."]
