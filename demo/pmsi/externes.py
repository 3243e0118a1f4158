"""External consultations: RAA of psychiatry (one line per act), RSF-ACE (an invoice header, A, followed by its lines C, B, M)."""

import numpy as np
import pyarrow as pa

from ..hasard import choisir, tirer
from ..lignes import Lignes, Texte
from ..site import SORTE, Site
from ..venues import PSY
from . import sejours as commun
from .lignes import rediger, version_au
from .sejours import CODES

CONSULTATIONS = ("CS", "APC", "CNP", "G")
AUTRES = ("ADI", "K", "ATM")


def ecrire(site: Site) -> None:
    """Write the files of the external consultations of one establishment."""
    if np.isin(site.unites.sorte, [SORTE[nom] for nom in PSY]).any():
        _raa(site)
    _rsf(site)


def _raa(site: Site) -> None:
    """Write the ambulatory acts of the consultations given in the psychiatric services."""
    rng, venues, unites = site.hasard("pmsi/raa"), site.venues, site.unites
    services = np.unique(unites.service[np.isin(unites.sorte, [SORTE[nom] for nom in PSY])])
    de_psychiatrie = site.venues_de("externe") & np.isin(unites.service[venues.uf], services)
    venues = venues.prendre(de_psychiatrie & tirer(rng, 0.95, len(venues)))
    nombre, jours = len(venues), venues.jour_entree
    da = commun.diagnostics(rng, nombre, (50, 30, 20))
    actes = Lignes(date_acte=jours, unite_medicale=unites.uf[venues.uf], **commun.identite(site, venues.patient))
    actes.finess_geo = Texte(unites.lieu[venues.uf], site.finess_geo)
    actes.forme_activite = Texte(choisir(rng, (70, 20, 10), nombre), ("30", "31", "32"))
    actes.nature_acte = Texte(choisir(rng, (80, 12, 8), nombre), "EDG")
    actes.categorie_intervenant = Texte(choisir(rng, (45, 40, 15), nombre), "MIP")
    commun.transmettre(site, "psy", "raa", jours, rediger("raa", version_au("raa", jours), actes, {"DA": da}))


def _rsf(site: Site) -> None:
    """Write the RSF-ACE.

    A billed consultation has an invoice with a consultation act. Others have none, a cancelled one, or one that holds
    no consultation. A few invoices bear an entry number of the billing software: only the IPP and the date tell.
    """
    rng, tous = site.hasard("pmsi/ace"), len(site.venues)
    non_facturee = site.venues_de("externe") & ~site.venues.facturee
    annulee = non_facturee & tirer(rng, 0.15, tous)
    autre_acte = non_facturee & ~annulee & tirer(rng, 0.3, tous)
    rangs = np.flatnonzero(site.venues.facturee | annulee | autre_acte)
    venues, nb = site.venues.prendre(rangs), len(rangs)
    factures = Lignes(numero_facture=np.arange(nb) + 1, **commun.identite(site, venues.patient))
    factures.finess_geo = Texte(site.unites.lieu[venues.uf], site.finess_geo)
    factures.sexe_assure = factures.sexe
    factures.nature_operation = Texte(annulee[rangs].astype(int), "12")
    factures.date_entree = factures.date_sortie = factures.date_soins = jours = venues.jour_entree
    factures.numero_entree = np.where(tirer(rng, 0.03, nb), 900_000_000 + np.arange(nb), venues.iep)
    autre = len(CONSULTATIONS) + choisir(rng, (60, 20, 20), nb)
    acte = Texte(np.where(autre_acte[rangs], autre, choisir(rng, (55, 20, 10, 15), nb)), CONSULTATIONS + AUTRES)
    avec = {"b": tirer(rng, 0.1, nb), "m": tirer(rng, 0.25, nb)}
    specialite = rng.integers(1, 40, nb)
    ccam = Texte(rng.integers(0, len(CODES["actes"]), nb), CODES["actes"])
    propres = {"c": {"specialite_executant": specialite, "code_acte": acte}, "m": {"code_acte": ccam}}
    lignes, de = [], []
    for genre in "acbm":
        presentes = np.flatnonzero(avec.get(genre, np.ones(nb, dtype=bool)))
        du_genre = Lignes(**{**vars(factures), **propres.get(genre, {})}).prendre(presentes)
        lignes.append(rediger(f"rsf_{genre}", version_au(f"rsf_{genre}", jours[presentes]), du_genre))
        de.append(presentes)
    facture = np.concatenate(de)
    ordre = np.argsort(facture, kind="stable")
    commun.transmettre(site, "ace", "rsface", jours[facture[ordre]], pa.concat_arrays(lignes).take(pa.array(ordre)))
