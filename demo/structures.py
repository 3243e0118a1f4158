"""Services, units, users and outside correspondents of one establishment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .calendrier import Calendrier
from .colonnes import Table, booleen, code, ident, jour, texte, zeros_devant
from .hasard import choisir, generateur, monter, tirer
from .profils import SORTE, SORTES, Etablissement

Tableau = np.ndarray

CHAMPS = ("MCO", "SMR", "PSY", "HAD", "EXTERNE", "URGENCES")
MODES = ("COMPLETE", "PARTIELLE", "SEANCE")
TYPES_SEANCE = ("DIALYSE", "CHIMIOTHERAPIE", "RADIOTHERAPIE", "AUTRE")

# Per kind of venue: champ, mode d'hospitalisation (-1: none), type de séance (-1: none).
CHAMP_DE = np.array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 5], dtype=np.int8)
MODE_DE = np.array([0, 0, 1, 1, 2, 2, 2, 2, 0, 1, 0, 1, 0, -1, -1], dtype=np.int8)
SEANCE_DE = np.array([-1, -1, -1, -1, 3, 1, 2, 0, -1, -1, -1, -1, -1, -1, -1], dtype=np.int8)

SOINS, PLATEAU, ADMINISTRATIF = 0, 1, 2

# libellé, type, pôle, consultations externes, kinds of venue received, site
Service = tuple[str, int, str | None, bool, tuple[str, ...], int]

SERVICES: dict[str, tuple[Service, ...]] = {
    "chu": (
        ("Médecine interne", SOINS, "Médecine", True, ("mco_medecine", "ambu_medecine", "externe"), 0),
        ("Cardiologie", SOINS, "Cœur et vaisseaux", True, ("mco_medecine", "ambu_medecine", "externe"), 0),
        ("Pneumologie", SOINS, "Médecine", True, ("mco_medecine", "externe"), 0),
        ("Gériatrie aiguë", SOINS, "Médecine", False, ("mco_medecine",), 1),
        ("Chirurgie digestive", SOINS, "Chirurgie", True, ("mco_chirurgie", "ambu_chirurgie", "externe"), 0),
        ("Orthopédie ; traumatologie", SOINS, "Chirurgie", True, ("mco_chirurgie", "ambu_chirurgie", "externe"), 0),
        ("Ophtalmologie", SOINS, "Tête et cou", True, ("ambu_chirurgie", "externe"), 0),
        ("Oncologie", SOINS, "Cancérologie", True, ("chimiotherapie", "mco_medecine", "transfusion", "externe"), 0),
        ("Radiothérapie", SOINS, "Cancérologie", True, ("radiotherapie",), 0),
        ("Urgences", SOINS, "Urgences", False, ("urgences",), 0),
        ("Psychiatrie, secteur 4", SOINS, "Psychiatrie", True, ("psy_complet", "psy_jour", "externe"), 1),
        ("Laboratoire de biologie", PLATEAU, "Biologie", False, (), 0),
        ("Anatomie et cytologie pathologiques", PLATEAU, "Biologie", False, (), 0),
        ("Imagerie", PLATEAU, "Imagerie", True, (), 0),
        ("Bloc opératoire", PLATEAU, "Chirurgie", False, (), 0),
        ("Bureau des entrées", ADMINISTRATIF, None, False, (), 0),
    ),
    "ch": (
        ("Médecine polyvalente", SOINS, "Médecine", True, ("mco_medecine", "ambu_medecine", "externe"), 0),
        ("Cardiologie et pneumologie", SOINS, "Médecine", True, ("mco_medecine", "transfusion", "externe"), 0),
        ("Chirurgie viscérale et orthopédique", SOINS, "Chirurgie", True, ("mco_chirurgie", "ambu_chirurgie", "externe"), 0),
        ("Hémodialyse", SOINS, "Médecine", False, ("dialyse",), 1),
        ("Hospitalisation à domicile", SOINS, "Soins à domicile", False, ("had",), 0),
        ("Réadaptation gériatrique", SOINS, "Gériatrie", False, ("smr_complet",), 1),
        ("Urgences", SOINS, "Urgences", False, ("urgences",), 0),
        ("Laboratoire", PLATEAU, "Plateau technique", False, (), 0),
        ("Imagerie", PLATEAU, "Plateau technique", True, (), 0),
        ("Bureau des entrées", ADMINISTRATIF, None, False, (), 0),
    ),
    "epsm": (
        ("Psychiatrie adulte, secteur 1", SOINS, "Adultes", True, ("psy_complet", "psy_jour", "externe"), 0),
        ("Psychiatrie adulte, secteur 2", SOINS, "Adultes", True, ("psy_complet", "psy_jour", "externe"), 1),
        ("Pédopsychiatrie", SOINS, "Enfants et adolescents", True, ("psy_jour", "externe"), 1),
        ("Réadaptation addictologique", SOINS, "Réadaptation", False, ("smr_complet", "smr_jour"), 0),
        ("Réadaptation polyvalente", SOINS, "Réadaptation", False, ("smr_complet", "smr_jour"), 0),
        ("Pharmacie", PLATEAU, "Réadaptation", False, (), 0),
        ("Direction des soins", ADMINISTRATIF, None, False, (), 0),
    ),
}

PROFESSIONS = ("médecin", "infirmier", "sage-femme", "pharmacien", "cadre de santé", "secrétaire médicale")


@dataclass
class Structures:
    """Referentials of one establishment.

    Args:
        uf_sorte: kind of venue of each unit.
        uf_code: 4-digit code of each unit.
        uf_site: number of the site of each unit.
        uf_service: service of each unit.
        nb_correspondants: number of outside correspondents.
        correspondant_equipe: whether each of them has a MSSanté address.
        correspondant_adresse: number in the address (shared by the members of one practice).
        nb_utilisateurs: number of user accounts.
        poles: labels of the pôles.
        tables: the flux written from them.
    """

    uf_sorte: Tableau
    uf_code: Tableau
    uf_site: Tableau
    uf_service: Tableau
    nb_correspondants: int
    correspondant_equipe: Tableau
    correspondant_adresse: Tableau
    nb_utilisateurs: int
    poles: tuple[str, ...]
    tables: list[Table]


def construire(etablissement: Etablissement, calendrier: Calendrier, graine: int, nb_venues: int) -> Structures:
    """Return the referentials of one establishment.

    Args:
        etablissement: whose referentials.
        calendrier: months covered.
        graine: seed.
        nb_venues: number of venues, which gives the number of users and correspondents.
    """
    rng = generateur(graine, etablissement.finess, "structures")
    services = SERVICES[etablissement.profil.cle]
    tables = [_services(etablissement, calendrier, rng, services)]

    couples = [(rang, sorte) for rang, service in enumerate(services) for sorte in service[4]]
    uf_service = np.array([rang for rang, _ in couples])
    uf_sorte = np.array([SORTE[sorte] for _, sorte in couples])
    dans_service = np.array([services[rang][4].index(sorte) for rang, sorte in couples])
    uf_code = (uf_service + 11) * 100 + dans_service * 10 + 1
    uf_site = np.array([services[rang][5] for rang, _ in couples])
    intitules = {"externe": "consultations", "ambu_chirurgie": "ambulatoire", "ambu_medecine": "hôpital de jour"}
    tables.append(
        Table(
            "gam/unites_fonctionnelles",
            {
                "uf": ident(uf_code, "", 4),
                "service_id": ident(uf_service + 1, "S", 2),
                "libelle": texte([services[rang][0] + (f", {intitules[s]}" if s in intitules else "") for rang, s in couples]),
                "champ": code(CHAMP_DE[uf_sorte], CHAMPS),
                "mode_hospitalisation": code(MODE_DE[uf_sorte], MODES),
                "type_seance": code(SEANCE_DE[uf_sorte], TYPES_SEANCE),
            },
            evenement=np.full(len(couples), calendrier.origine),
            cumulatif=True,
        )
    )

    nb_correspondants = max(24, nb_venues // 11)
    internes = generateur(graine, etablissement.finess, "correspondants_internes")
    equipe = tirer(rng, 0.86, nb_correspondants)
    # One practice in six shares a mailbox.
    adresse = np.arange(nb_correspondants)
    partage = tirer(rng, 0.06, nb_correspondants) & (adresse > 0)
    adresse[partage] -= 1
    creation = rng.integers(calendrier.origine, calendrier.debut + 60, nb_correspondants)
    inscription = np.where(tirer(rng, 0.3, nb_correspondants), rng.integers(0, 400, nb_correspondants), 0)
    inscription = np.minimum(calendrier.debut + inscription, calendrier.fin)
    majuscules = tirer(rng, 0.1, nb_correspondants)
    domaines = np.where(majuscules, "@MEDECIN.MSSANTE.FR", "@medecin.mssante.fr")
    adresses = np.char.add(np.char.add("dr.", zeros_devant(adresse.astype("U6"), 6)), domaines)
    tables.append(
        Table(
            "gam/correspondants",
            {
                "correspondant_id": ident(np.arange(nb_correspondants) + 1, "100", 8),
                "adresse_mss": texte(_ou_vide(adresses, equipe)),
                "date_maj": jour(np.maximum(inscription, creation)),
                # A few practise in the establishment; most outside ones are not marked as such.
                "interne": booleen(choisir(internes, (6, 34, 60), nb_correspondants).astype(np.int64) * -1 + 1),
            },
            evenement=creation,
            maj=inscription,
            provisoire={"date_maj": jour(creation)},
            cumulatif=True,
        )
    )

    nb_utilisateurs = max(30, nb_venues // 25)
    arrivee = rng.integers(calendrier.origine, calendrier.debut, nb_utilisateurs)
    actif = tirer(rng, 0.93, nb_utilisateurs)
    depart = np.where(actif, calendrier.origine, rng.integers(calendrier.debut, calendrier.fin, nb_utilisateurs))
    tables.append(
        Table(
            "dpi/utilisateurs",
            {
                "utilisateur_id": ident(np.arange(nb_utilisateurs) + 1, "U", 5),
                "profil": code(choisir(rng, (30, 42, 2, 4, 7, 15), nb_utilisateurs), PROFESSIONS),
                "actif": booleen(actif),
            },
            evenement=arrivee,
            maj=depart,
            provisoire={"actif": booleen(np.ones(nb_utilisateurs))},
            cumulatif=True,
        )
    )
    return Structures(
        uf_sorte=uf_sorte,
        uf_code=uf_code,
        uf_site=uf_site,
        uf_service=uf_service,
        nb_correspondants=nb_correspondants,
        correspondant_equipe=equipe,
        correspondant_adresse=adresse,
        nb_utilisateurs=nb_utilisateurs,
        poles=tuple(dict.fromkeys(service[2] for service in services if service[2])),
        tables=tables,
    )


def uf_de(structures: Structures, sortes: Tableau, rng: np.random.Generator) -> Tableau:
    """Return a unit (row number) for each kind of venue, uniformly among those that receive it."""
    choix = np.zeros(len(sortes), dtype=np.int64)
    for sorte in range(len(SORTES)):
        lignes = np.flatnonzero(sortes == sorte)
        candidates = np.flatnonzero(structures.uf_sorte == sorte)
        if len(lignes) and len(candidates):
            choix[lignes] = candidates[rng.integers(0, len(candidates), len(lignes))]
    return choix


def _services(
    etablissement: Etablissement, calendrier: Calendrier, rng: np.random.Generator, services: tuple[Service, ...]
) -> Table:
    nombre = len(services)
    leviers = etablissement.profil.leviers
    dpi, planification = monter(np.ones(1), leviers["dpi"])[0], leviers["planification"][1]
    externes = np.array([service[3] for service in services])
    # The services deployed during the year are not yet in the first files.
    deploiement = np.where(tirer(rng, 0.75, nombre), calendrier.origine, calendrier.debut + 200)
    colonnes = {
        "service_id": ident(np.arange(nombre) + 1, "S", 2),
        "libelle": texte([service[0] for service in services]),
        "type_service": code(np.array([s[1] for s in services]), ("SOINS", "MEDICO_TECHNIQUE", "ADMINISTRATIF")),
        "pole": texte([service[2] for service in services]),
        "consultations_externes": booleen(externes),
        "rdv_en_ligne": booleen(externes & tirer(rng, planification - 0.25, nombre)),
        "dpi_deploye": booleen(tirer(rng, dpi, nombre)),
        "acces_cr_et_images": booleen(tirer(rng, dpi - 0.04, nombre)),
        "dpi_integre_documents": booleen(tirer(rng, dpi - 0.12, nombre)),
    }
    return Table(
        "gam/services",
        colonnes,
        evenement=np.full(nombre, calendrier.origine),
        maj=deploiement,
        provisoire={nom: booleen(np.zeros(nombre)) for nom in ("rdv_en_ligne", "dpi_integre_documents")},
        cumulatif=True,
    )


def _ou_vide(valeurs: Tableau, presents: Tableau) -> list[str | None]:
    return [str(v) if present else None for v, present in zip(valeurs, presents, strict=True)]
