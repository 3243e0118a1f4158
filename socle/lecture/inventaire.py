"""The files of the landing zone: what each is, by its place and its name, and whether it can be read.

``<finess_ej>/<source>/<flux>_<AAAAMMJJ>[suffix].csv|.parquet``, in a ``.gz`` or a ``.zip`` or not, or what a correspondence of
the EJ names; any other file is « FICHIER_INCONNU ». An archive of several PMSI files has a row for each, and a file has one for
each correspondence that reads it.
"""

from __future__ import annotations

import calendar
import errno
import hashlib
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from socle.lecture import archives, classeurs, hl7, octets
from socle.lecture.contrat import contrat
from socle.lecture.correspondances import (
    Correspondance,
    CorrespondanceInvalide,
    Motif,
    bloquantes,
    est_une_correspondance,
    lire_correspondance,
    situer,
)
from socle.lecture.extraction import table_du_nom
from socle.lecture.octets import Inspection, Lecture, copier, inspecter, lecture_brute
from socle.parametres import raison
from socle.sorties import ecrire_fichier

FILS = min(4, os.cpu_count() or 1)
LISIBLE, ILLISIBLE, INCONNU = "LISIBLE", "ILLISIBLE", "FICHIER_INCONNU"
ETABLISSEMENTS = "reference/etablissements"
MODELES = "modeles"
"""Folder of the landing zone that nothing is read from: what « socle init » writes for whoever fills it."""
CORRESPONDANCE, JOINT = "correspondances/regles", "correspondances/joints"
"""What gives no row itself: the correspondences, and the files that they join."""

_EJ = re.compile("[0-9A-Za-z]{9}")
_ZIP_DU_PMSI = re.compile(r"[^/]+/pmsi/.*[.]zip", re.IGNORECASE | re.DOTALL)
_MESSAGES = re.compile(r"\.(hl7|er7)(\.gz|\.zip)?$", re.IGNORECASE)


@dataclass
class Fichier:
    """One file of the landing zone.

    ``fichier``: its path in the landing zone; ``nom_et_membre``: its name, and that of the member of an archive; ``flux``: as
    ``gam/venues``, ``pmsi/mco``, ``gam/hl7``, None when nobody knows it; ``rang``: its age within the flux, the PMSI being one;
    ``etat``, from what was seen of it before any row is read: LISIBLE, ILLISIBLE, COLONNE_MANQUANTE, COLONNE_EN_DOUBLE or FICHIER_INCONNU; ``vue``: what its bytes say;
    ``correspondance``: what gives it its flux, if its name does not; ``joints``: the files that this one joins, in its order.
    """

    fichier: str
    chemin: str
    nom_et_membre: str
    finess_ej: str | None
    flux: str | None
    extrait_le: date | None
    vue: Inspection | None = None
    rang: int = 0
    etat: str = INCONNU
    colonnes_manquantes: str | None = None
    colonne_en_double: str | None = None
    colonnes_inconnues: str | None = None
    fuseau: str = "Europe/Paris"
    correspondance: Correspondance | None = None
    joints: list[Fichier] = field(default_factory=list)

    def __getattr__(self, nom: str) -> Any:
        """Fields of the inspection."""
        if nom.startswith("__") or self.vue is None:
            raise AttributeError(nom)
        return self.vue[nom]  # type: ignore[literal-required]

    @property
    def lecture(self) -> Lecture:
        """How its lines are to be cut."""
        return (self.vue and self.vue["lecture"]) or lecture_brute()

    @property
    def est_une_table(self) -> bool:
        """Whether it has columns."""
        return self.flux in contrat() or self.flux in (JOINT, CORRESPONDANCE)

    @property
    def est_un_classeur(self) -> bool:
        """Whether it is a sheet of a workbook, where dates are numbers."""
        return classeurs.est_classeur(archives.situer(self.chemin)[0])

    @property
    def identifiant(self) -> int:
        """Number in the lake: same path, size, modification time, content, and clock of its establishment; same correspondence
        and joined files, if any.
        """
        cle = f"{self.fichier}|{self.taille}|{self.modifie_le!r}|{self.empreinte}|{self.fuseau}"
        if self.correspondance:
            joints = [joint.empreinte for joint in self.joints]
            cle += f"|{self.correspondance.fichier}|{self.correspondance.empreinte}|{joints}"
        elif self.flux in (JOINT, CORRESPONDANCE):
            cle += f"|{self.flux}"
        return int.from_bytes(hashlib.sha256(cle.encode()).digest()[:8], "big", signed=True)

    @property
    def nb_lignes_attendues(self) -> int:
        """Rows, the header apart."""
        return self.nb_lignes - (self.format == "csv")

    @property
    def chemin_a_lire(self) -> str:
        """Path to read: that of the copy when the file needs one, made now if it was not.

        Raises:
            OSError, archives.ArchiveIllisible: the file is no longer what it was.
        """
        if not self.lecture["copie"]:
            return self.chemin
        assert self.vue
        return str(copier(self.vue | {"chemin_lecture": self.chemin}, delimite=self.est_une_table))

    def est_pret(self) -> bool:
        """True when it is still what was inspected, and the copy that it is read from is made."""
        try:
            return bool(self.chemin_a_lire) and self.est_inchange()
        except (OSError, archives.ArchiveIllisible) as erreur:
            if isinstance(erreur, OSError) and erreur.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            return False

    def est_inchange(self) -> bool:
        """True while it has the size and the time of its inspection, and can be opened."""
        fichier = archives.situer(self.chemin)[0]
        try:
            etat = os.stat(fichier)
        except OSError:
            return False
        return (etat.st_size, etat.st_mtime) == (self.taille, self.modifie_le) and os.access(fichier, os.R_OK)

    def ecarter(self) -> None:
        """Have it unreadable for this run."""
        assert self.vue
        self.etat, self.vue["erreur"] = ILLISIBLE, "modifié ou retiré pendant la lecture"


def est_une_ej(dossier: str) -> bool:
    """Whether the name of a folder is that of an entité juridique."""
    return _EJ.fullmatch(dossier) is not None


def inventorier(exports: Path, dossier: Path) -> list[Fichier]:
    """Find, name and look at every file of a landing zone.

    Args:
        exports: its folder.
        dossier: where what the bytes said is kept from one build to the next.

    Returns:
        the files, by flux and rank.
    """
    fichiers = _correspondre(exports, [_classer(exports, chemin) for chemin in _chemins(exports)])
    connus = [fichier for fichier in fichiers if fichier.flux]
    for fichier, vue in zip(connus, _Inspections(dossier).voir(connus), strict=True):
        fichier.vue = vue
    for fichier in connus:
        _juger(fichier)
    par_flux: dict[str | None, list[Fichier]] = defaultdict(list)
    for fichier in fichiers:
        par_flux["pmsi" if (fichier.flux or "").startswith("pmsi/") else fichier.flux].append(fichier)
    for meme in par_flux.values():
        for rang, fichier in enumerate(sorted(meme, key=_age), start=1):
            fichier.rang = rang
    return sorted(fichiers, key=lambda f: (f.flux or "", f.rang))


def _age(fichier: Fichier) -> tuple[date, str, str, str]:
    """« The row of the latest extraction date wins, then the greatest file name »; of the PMSI, « its numbers as numbers »."""
    nom = fichier.nom_et_membre
    cle = _cle_naturelle(nom) if (fichier.flux or "").startswith("pmsi/") else nom
    return fichier.extrait_le or date.min, cle, fichier.fichier, fichier.correspondance.fichier if fichier.correspondance else ""


def _correspondre(exports: Path, fichiers: list[Fichier]) -> list[Fichier]:
    """Give the files that correspondences name their flux; a file has a row for each correspondence that reads it."""
    par_ej: dict[str, list[Fichier]] = defaultdict(list)
    for fichier in fichiers:
        if fichier.finess_ej and est_une_ej(fichier.finess_ej):
            par_ej[fichier.finess_ej].append(fichier)
    for finess_ej, siens in par_ej.items():
        regles = [f for f in siens if est_une_correspondance(_dans_l_ej(f))]
        for fichier in regles:
            _lire(fichier)
        correspondances = [fichier.correspondance for fichier in regles if fichier.correspondance]
        if not correspondances:
            continue
        autres = [f for f in siens if f not in regles]
        joints: dict[str, Fichier] = {}
        lus: dict[str, list[Fichier]] = defaultdict(list)
        for correspondance in correspondances:
            siens_joints = []
            for jointure in correspondance.jointures:
                # « The latest of those that answer » is the list of codes.
                repondent = [_designer(f, jointure.motif, JOINT) for f in autres if jointure.motif.repond(_dans_l_ej(f))]
                if repondent:
                    joint = max(repondent, key=_age)
                    siens_joints.append(joints.setdefault(joint.fichier, joint))
            for fichier in autres:
                if motif := correspondance.motif_de(_dans_l_ej(fichier)):
                    lu = _designer(fichier, motif, correspondance.flux)
                    lu.correspondance, lu.joints = correspondance, siens_joints
                    lus[fichier.fichier].append(lu)
        for lu in (*joints.values(), *(f for listes in lus.values() for f in listes)):
            _retenir_dans_l_ej(exports / finess_ej, lu)
        fichiers = [f for f in fichiers if f.fichier not in lus and f.fichier not in joints]
        fichiers += [*joints.values(), *(f for listes in lus.values() for f in listes)]
    return fichiers


def _dans_l_ej(fichier: Fichier) -> str:
    return fichier.fichier.split("/", 1)[1]


def _lire(fichier: Fichier) -> None:
    """Read a correspondence; one that is wrong is a file that cannot be read, and says why."""
    fichier.flux = CORRESPONDANCE
    try:
        if os.path.islink(fichier.chemin):
            raise CorrespondanceInvalide("c’est un lien : déposez le fichier lui-même")
        fichier.correspondance = lire_correspondance(Path(fichier.chemin), fichier.fichier)
    except CorrespondanceInvalide as erreur:
        fichier.vue = octets.illisible(fichier.chemin, f"correspondance à corriger ({erreur})")
    except OSError as erreur:
        fichier.vue = octets.illisible(fichier.chemin, f"illisible ({raison(erreur)})")


def _designer(fichier: Fichier, motif: Motif, flux: str) -> Fichier:
    """The file as a pattern names it: its flux, its day of extraction, the sheet to read."""
    place = motif.feuille + (f"!{motif.plage}" if motif.plage else "")
    suite = f"/{place}" if place and classeurs.est_classeur(fichier.chemin) else ""
    extrait_le = motif.extrait_le(_dans_l_ej(fichier)) or _jour_du_fichier(fichier.chemin)
    return Fichier(
        fichier.fichier + suite, fichier.chemin + suite, fichier.nom_et_membre + suite, fichier.finess_ej, flux, extrait_le
    )


def _jour_du_fichier(chemin: str) -> date | None:
    """« Else the file's date. »"""
    try:
        return date.fromtimestamp(os.stat(chemin).st_mtime)
    except OSError:
        return None


def _retenir_dans_l_ej(ej: Path, fichier: Fichier) -> None:
    """Nothing is read out of the folder of the EJ, whatever a link says."""
    reel = os.path.realpath(archives.situer(fichier.chemin)[0])
    if not reel.startswith(os.path.realpath(ej) + os.sep):
        fichier.vue = octets.illisible(fichier.chemin, "illisible (lien hors du dossier de l’établissement)")


def _chemins(exports: Path) -> Iterable[tuple[str, str]]:
    """Path of each file in the landing zone, and of what it holds: members of a ``.zip`` of the PMSI that holds several."""
    for racine, dossiers, noms in os.walk(exports):
        if racine == str(exports) and MODELES in dossiers:
            dossiers.remove(MODELES)
        # A link to a folder is not entered, for it may lead to where it stands; nothing can be read of it.
        liens = [nom for nom in dossiers if os.path.islink(os.path.join(racine, nom))]
        for nom in sorted(noms + liens):
            chemin = os.path.join(racine, nom)
            nom_complet = os.path.relpath(chemin, exports)
            membres = _membres(chemin) if _ZIP_DU_PMSI.fullmatch(nom_complet) else []
            if len(membres) > 1:
                yield from ((nom_complet, f"{nom_complet}/{membre}") for membre in membres)
            else:
                yield nom_complet, nom_complet


def _membres(chemin: str) -> list[str]:
    try:
        return archives.membres(chemin, imbriquees=True)
    except (archives.ArchiveIllisible, OSError):
        return []


def _classer(exports: Path, chemins: tuple[str, str]) -> Fichier:
    nom_complet, fichier = chemins
    dossiers = nom_complet.split("/")
    nom = dossiers[-1] + fichier[len(nom_complet) :]
    finess_ej = dossiers[0] if len(dossiers) > 1 else None
    table = table_du_nom(dossiers[-1])
    flux, extrait_le = None, table[1] if table else None
    if fichier == "etablissements.csv":
        flux = ETABLISSEMENTS
    elif finess_ej and est_une_ej(finess_ej):
        if len(dossiers) == 3 and table and f"{dossiers[1]}/{table[0]}" in contrat():
            flux = f"{dossiers[1]}/{table[0]}"
        elif len(dossiers) >= 4 and dossiers[1] == "pmsi":
            flux = f"pmsi/{dossiers[2]}"
        elif len(dossiers) >= 4 and dossiers[1] in ("gam", "dpi") and dossiers[2] == "hl7" and _MESSAGES.search(fichier):
            flux = f"{dossiers[1]}/hl7"
    if len(dossiers) > 1 and dossiers[1] == "pmsi":
        extrait_le = date_du_nom_pmsi(nom)
    return Fichier(fichier, os.path.join(exports, fichier), nom, finess_ej, flux, extrait_le)


def _juger(fichier: Fichier) -> None:
    """Tell whether a file can be read: its columns are those of the contract."""
    vue = fichier.vue
    assert vue and fichier.flux
    fichier.etat = LISIBLE if vue["erreur"] is None else ILLISIBLE
    if vue["erreur"] is not None or vue["format"] is None or fichier.flux not in contrat():
        return
    if fichier.correspondance:
        _juger_les_citees(fichier, fichier.correspondance)
        return
    colonnes = contrat()[fichier.flux]
    connues = {colonne.nom for colonne in colonnes}
    # A column without a name, at the end of a line most often, is none.
    nommees = [nom for nom in vue["colonnes"] if nom]
    double = next((nom for nom in nommees if nommees.count(nom) > 1), None)
    manquantes = [colonne.nom for colonne in colonnes if colonne.obligatoire and colonne.nom not in nommees]
    if double is not None:
        fichier.etat = "COLONNE_EN_DOUBLE"
    elif manquantes:
        fichier.etat = "COLONNE_MANQUANTE"
    fichier.colonnes_manquantes = ", ".join(manquantes) or None
    # A name that the contract does not know may be anything.
    fichier.colonne_en_double = double if double in connues else None
    fichier.colonnes_inconnues = ", ".join(nom for nom in nommees if nom not in connues) or None


def _juger_les_citees(fichier: Fichier, correspondance: Correspondance) -> None:
    """Tell whether the columns that a correspondence names are there, in the file or in those that it joins."""
    if len(fichier.joints) < len(correspondance.jointures):
        absents = [
            j.motif.texte for j in correspondance.jointures if not any(j.motif.repond(_dans_l_ej(f)) for f in fichier.joints)
        ]
        fichier.etat = ILLISIBLE
        fichier.vue = fichier.vue and fichier.vue | {"erreur": f"illisible (aucun fichier {', '.join(absents)} à lui joindre)"}
        return
    if mauvais := next((joint for joint in fichier.joints if joint.vue and joint.vue["erreur"]), None):
        fichier.etat = ILLISIBLE
        fichier.vue = fichier.vue and fichier.vue | {"erreur": f"illisible (fichier joint {mauvais.fichier} {mauvais.erreur})"}
        return
    entetes = [fichier.colonnes, *(joint.colonnes for joint in fichier.joints)]
    places = situer(correspondance, entetes[0], entetes[1:])
    manquantes = bloquantes(correspondance, places)
    autres = [nom for nom, place in places.items() if place is None and nom not in manquantes]
    fichier.colonnes_manquantes = ", ".join(manquantes + autres) or None
    if manquantes:
        fichier.etat = "COLONNE_MANQUANTE"
        if any(len(set(entete)) < len(entete) for entete in entetes):
            double = next((nom for nom in manquantes if any(entete.count(nom.strip().lower()) > 1 for entete in entetes)), None)
            if double:
                fichier.etat, fichier.colonne_en_double = "COLONNE_EN_DOUBLE", double


_SEPARATEUR = "(?:[.][.]|__|--)"
_JOUR = re.compile(
    rf"(?:^|[^0-9])((?:19|20)[0-9]{{2}}{_SEPARATEUR}?[0-9]{{2}}{_SEPARATEUR}?[0-9]{{2}})(?:[0-9]{{6}})?(?:[^0-9]|$)"
)
_MOIS = re.compile(rf"(?:^|[^0-9])((?:19|20)[0-9]{{2}}){_SEPARATEUR}(1[0-2]|0?[1-9])(?:[^0-9]|$)")


def date_du_nom_pmsi(nom: str) -> date | None:
    """« Greatest date or annee.mois in the file's name », a month being known at its end."""
    # Two dates may share a separator.
    double = re.sub("([^0-9])", r"\1\1", nom)
    jours = []
    for texte in _JOUR.findall(double):
        try:
            jours.append(datetime.strptime(re.sub("[^0-9]", "", texte), "%Y%m%d").date())
        except ValueError:
            continue
    for annee, mois in _MOIS.findall(_JOUR.sub("  ", double)):
        jours.append(date(int(annee), int(mois), calendar.monthrange(int(annee), int(mois))[1]))
    return max(jours, default=None)


def _cle_naturelle(texte: str) -> str:
    """A text whose order is that of its numbers, whatever its capitals: m9 before M10."""
    return "".join(
        morceau.lstrip("0").rjust(40, "0") if morceau[0] in "0123456789" else morceau
        for morceau in re.findall("[0-9]+|[^0-9]+", texte.lower())
    )


class _Inspections:
    """What the bytes of the files said, kept while they do not change."""

    def __init__(self, dossier: Path) -> None:
        self.fichier = dossier / "inspections.json"
        sources = (archives.__file__, classeurs.__file__, octets.__file__, hl7.__file__, __file__)
        self.version = hashlib.sha256(
            b"".join(Path(source).read_bytes() for source in sources) + duckdb.__version__.encode()
        ).hexdigest()
        self.gardees: dict[str, Any] = {}
        try:
            lu = json.loads(self.fichier.read_text(encoding="utf-8"))
            self.connues: dict[str, Any] = lu["inspections"] if lu["version"] == self.version else {}
        except (OSError, ValueError, LookupError, TypeError):
            self.connues = {}

    def voir(self, fichiers: list[Fichier]) -> list[Inspection]:
        """Inspect files, several at a time: hashing leaves the interpreter to the others."""
        # Several correspondences may read one file.
        uniques = {(fichier.chemin, fichier.est_une_table): fichier for fichier in fichiers}
        with ThreadPoolExecutor(FILS) as fils:
            vues = dict(zip(uniques, fils.map(self._voir, uniques.values()), strict=True))
        ecrire_fichier(self.fichier, json.dumps({"version": self.version, "inspections": self.gardees}).encode())
        return [vues[fichier.chemin, fichier.est_une_table] for fichier in fichiers]

    def _voir(self, fichier: Fichier) -> Inspection:
        """Inspect a file; of one already seen, only the bytes are hashed, and nothing is opened of one that is not to be read."""
        if fichier.vue:
            return fichier.vue
        signature: list[Any] = []
        vue: Inspection | None = None
        connue = self.connues.get(fichier.chemin)
        try:
            etat = os.stat(archives.situer(fichier.chemin)[0])
            signature = [etat.st_size, etat.st_mtime_ns, fichier.est_une_table]
            if connue and connue["signature"] == signature:
                vue = connue["vue"] if connue["vue"]["empreinte"] == octets.empreinte_du_contenu(fichier.chemin) else None
        except OSError:
            pass
        vue = vue or inspecter(fichier.chemin, fichier.est_une_table)
        if vue["erreur"] is None:
            self.gardees[fichier.chemin] = {"signature": signature, "vue": vue}
        return vue
