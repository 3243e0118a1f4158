"""Quality of the data: controls run by Great Expectations, report in French, history of the former runs."""

from __future__ import annotations

import os
import shutil
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from socle.parametres import dire_la_memoire
from socle.qualite.bilan import Bilan, Statut

__all__ = ["Bilan", "Statut", "controler"]


@dire_la_memoire
def controler(
    entrepot: Path,
    sortie: Path,
    date_extraction: date,
    *,
    reglages: Path | None = None,
    execution: datetime | None = None,
) -> Bilan:
    """Run the controls, write ``<sortie>/qualite/index.html`` and keep the figures of this run.

    Args:
        entrepot: warehouse file, opened for reading.
        sortie: folder of everything that is written.
        date_extraction: last day known to the warehouse.
        reglages: the hospital's thresholds and accepted findings, ``SOCLE_QUALITE`` by default.
        execution: instant of the run, with its time zone; now by default.

    Returns:
        What was found. The caller does not publish unless ``publiable``.

    Raises:
        ErreurSocle: the warehouse or the settings cannot be read, or the report cannot be written.
    """
    # Great Expectations takes seconds to import: only who controls pays for it.
    from socle import sorties
    from socle.entrepot import lire_execution
    from socle.parametres import ErreurSocle, raison
    from socle.qualite import controles, historique, pages
    from socle.qualite.catalogue import regles
    from socle.qualite.reglages import lire_reglages

    debut = time.monotonic()
    execution = execution or datetime.now(UTC)
    propres = reglages or (Path(os.environ["SOCLE_QUALITE"]) if os.environ.get("SOCLE_QUALITE") else None)
    choisis = lire_reglages(propres, {regle.nom for regle in regles()})
    dossier = sortie / sorties.QUALITE
    try:
        with sorties.preparation(sortie) as prepare:
            nouveau = prepare / sorties.QUALITE
            nouveau.mkdir()
            if (dossier / "historique").exists():
                shutil.copytree(dossier / "historique", nouveau / "historique")
            passages = historique.lire(nouveau / "historique")
            with controles.ouvrir(entrepot, choisis, date_extraction, prepare / "tmp") as connexion:
                numero = lire_execution(connexion).numero
                resultats, contexte = controles.executer(connexion, choisis, execution)
                contenu = controles.lire_contenu(connexion)
            bilan = Bilan(
                execution=execution,
                execution_id=numero,
                date_extraction=date_extraction,
                resultats=historique.completer(resultats, passages),
                rapport=dossier / "index.html",
                duree=time.monotonic() - debut,
            )
            pages.ecrire(contexte, pages.Rapport(bilan, choisis, contenu, passages), nouveau)
            historique.ajouter(nouveau / "historique", bilan)
            sorties.mettre_en_place(prepare, sortie, (sorties.QUALITE,))
    except duckdb.Error as erreur:
        raise ErreurSocle(
            f"Entrepôt {entrepot} impossible à contrôler ({str(erreur).splitlines()[0]}) : relancez « socle run »."
        ) from erreur
    except OSError as erreur:
        raise ErreurSocle(
            f"Rapport de qualité impossible à écrire dans {dossier} ({raison(erreur)}) : vérifiez la place et les droits."
        ) from erreur
    return bilan
