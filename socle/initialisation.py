"""A landing zone to fill, and drafts of correspondences for the exports that a hospital already has: « socle init »."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import duckdb

from socle import graines
from socle.entrepot import connecter
from socle.lecture import classeurs
from socle.lecture.archives import ArchiveIllisible
from socle.lecture.contrat import Colonne, contrat
from socle.lecture.correspondances import (
    A_COMPLETER,
    DOSSIER,
    ENTETE,
    FEUILLE,
    FICHIERS,
    GARDER,
    JOINDRE,
    nu,
)
from socle.lecture.extraction import table_du_nom
from socle.lecture.inventaire import JOINT, MODELES, Fichier, est_une_ej
from socle.lecture.octets import inspecter
from socle.lecture.sql import nom_sql
from socle.lecture.tables import textes
from socle.parametres import ErreurSocle, raison
from socle.sorties import ecrire_fichier

LIGNES_VUES = 20_000
"""Rows of a file that are looked at."""
VALEURS_VUES = 25
"""Different values beyond which a column is not a code."""
RESSEMBLANCE = 0.8
"""Names under that are not proposed."""
CHAMPS_PMSI = ("mco", "smr", "had", "psy", "ace")

_DATE = r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|(?:19|20)[0-9]{6}|[0-3][0-9][01][0-9](?:19|20)[0-9]{2})([T ].+|[0-9]{4,6})?"
_HEURE = r"[0-9]{1,2}[:hH][0-9]{2}(:[0-9]{2})?|[0-9]{3,4}|[0-9]{6}|0"
_SERIE = r"[0-9]{5}(\.[0-9]+)?"


@dataclass
class ColonneVue:
    """A column of a hospital's file: its name, how many values are filled and different, the most frequent, the share of dates."""

    nom: str
    nb: int
    distinctes: int
    valeurs: list[tuple[str, int]]
    dates: float
    heures: float
    avec_heure: float
    echantillon: frozenset[str] = frozenset()

    @property
    def est_un_code(self) -> bool:
        """Few values, which can be listed."""
        return 0 < self.distinctes <= VALEURS_VUES


@dataclass
class FichierVu:
    """A hospital's file, as a sample of its rows shows it."""

    chemin: Path
    motif: str
    feuille: str
    colonnes: list[ColonneVue]
    nb_lignes: int
    nb_vues: int


@dataclass
class Proposition:
    """A draft: which file feeds which flux, by which columns; ``a_remplir``: dates that only the rows to be read have."""

    fichier: FichierVu
    flux: str
    sources: dict[str, str]
    note: float
    joints: list[tuple[str, FichierVu, str, str]] = field(default_factory=list)
    constantes: dict[str, str] = field(default_factory=dict)
    a_remplir: list[str] = field(default_factory=list)

    @property
    def manquantes(self) -> list[Colonne]:
        """Obligatory columns of the contract that nothing in the file resembles."""
        return [c for c in contrat()[self.flux] if c.obligatoire and c.nom not in self.sources]


def ecrire_la_zone(exports: Path, etablissements: tuple[str, ...]) -> list[str]:
    """Write what is missing of a landing zone; nothing that is there is changed.

    Args:
        exports: its folder.
        etablissements: FINESS of the EJs, added to ``etablissements.csv`` with what is most often true.

    Returns:
        what was written, in French lines.

    Raises:
        ErreurSocle: a FINESS is not one, or a file cannot be written.
    """
    if mauvais := next((finess for finess in etablissements if not est_une_ej(finess)), None):
        raise ErreurSocle(f"--finess {mauvais} : un FINESS d'entité juridique a 9 caractères.")
    dits = []
    try:
        exports.mkdir(parents=True, exist_ok=True)
        liste = exports / "etablissements.csv"
        colonnes = [c.nom for c in contrat()["reference/etablissements"]]
        deja = liste.read_text(encoding="utf-8-sig") if liste.exists() else ";".join(colonnes) + "\n"
        ajouts = [finess for finess in etablissements if not re.search(rf"(?m)^\"?{finess}\b", deja)]
        if ajouts or not liste.exists():
            entete = deja.splitlines()[0].strip().lower().split(";")
            valeurs = {"raison_sociale": "À compléter", "source_sejours": "GAM"} | dict.fromkeys(colonnes[3:8], "oui")
            lignes = "".join(";".join({"finess_ej": finess, **valeurs}.get(c, "") for c in entete) + "\n" for finess in ajouts)
            liste.write_text(deja.rstrip("\n") + "\n" + lignes, encoding="utf-8")
            dits.append(f"{liste} : {len(ajouts)} établissement{'s' * (len(ajouts) > 1)} à compléter (raison sociale, activités)")
        for finess in etablissements:
            for nom in ("gam/hl7", "dpi/hl7", "national", "declaratif", DOSSIER, *(f"pmsi/{champ}" for champ in CHAMPS_PMSI)):
                (exports / finess / nom).mkdir(parents=True, exist_ok=True)
            dits.append(f"{exports / finess}/ : dossier de l'établissement")
        for flux, siennes in contrat().items():
            if not flux.startswith("reference/"):
                source, nom = flux.split("/")
                _ecrire(exports / MODELES / source / f"{nom}_AAAAMMJJ.csv", ";".join(c.nom for c in siennes) + "\n")
                _ecrire(exports / MODELES / DOSSIER / f"{source}.{nom}.csv", _modele(flux))
        dits.append(f"{exports / MODELES}/ : l'en-tête et un modèle de correspondance de chaque flux")
    except OSError as erreur:
        raise ErreurSocle(
            f"{erreur.filename or exports} ne peut pas être écrit ({raison(erreur)}) : choisissez un autre dossier."
        ) from None
    return dits


def proposer(exports: Path, finess: str, chemins: list[Path]) -> list[str]:
    """Write drafts of the correspondences of an EJ from its own files.

    Args:
        exports: the landing zone.
        finess: the EJ.
        chemins: its files, or folders of them, wherever they are.

    Returns:
        what is proposed and what was not found, in French lines.

    Raises:
        ErreurSocle: a file cannot be read, or a draft cannot be written.
    """
    depliees = _deplier(chemins)
    lus_par_leur_nom = [chemin for chemin in depliees if _est_du_contrat(chemin)]
    fichiers = _regrouper(
        [_voir(chemin, feuille) for chemin in depliees if chemin not in lus_par_leur_nom for feuille in _feuilles(chemin)]
    )
    propositions = [p for fichier in fichiers for p in _flux_de(fichier, finess)]
    dits = [f"{chemin} : déjà au format du contrat, rien à proposer" for chemin in lus_par_leur_nom]
    proposes = {id(p.fichier) for p in propositions}
    codes = [f for f in fichiers if id(f) not in proposes]
    joints: set[int] = set()
    for proposition in propositions:
        _joindre(proposition, [f for f in fichiers if f is not proposition.fichier])
        joints |= {id(f) for _, f, _, _ in proposition.joints}
    for proposition in propositions:
        chemin = _place(exports / finess / DOSSIER, proposition)
        try:
            chemin.parent.mkdir(parents=True, exist_ok=True)
            ecrire_fichier(chemin, _brouillon(proposition, finess).encode("utf-8-sig"))
        except OSError as erreur:
            raise ErreurSocle(f"{chemin} ne peut pas être écrit ({raison(erreur)}) : choisissez un autre dossier.") from None
        dits.append(
            f"{chemin} : {proposition.flux} depuis {proposition.fichier.motif}, {len(proposition.sources)} colonnes trouvées"
        )
        a_completer = [c.nom for c in proposition.manquantes if c.nom not in proposition.constantes]
        if proposition.constantes:
            dits.append(
                "  mises par défaut : " + ", ".join(f"{nom} = {valeur}" for nom, valeur in proposition.constantes.items())
            )
        if a_completer:
            dits.append(f"  à compléter (?) : {', '.join(a_completer)}")
        if douteuses := _valeurs_inconnues(proposition):
            dits.append(f"  valeurs à traduire (?) : {', '.join(douteuses)}")
    for fichier in codes:
        if id(fichier) not in joints:
            dits.append(f"{fichier.motif} : aucun flux ne lui ressemble ; partez d'un modèle de {exports / MODELES / DOSSIER}/")
    ej = (exports / finess).resolve()
    dehors = [f.chemin for f in fichiers if ej not in f.chemin.resolve().parents]
    if dehors:
        dits.append(
            f"Déposez les fichiers dans {exports / finess}/ : rien n'est lu ailleurs ({', '.join(c.name for c in dehors)})."
        )
    return dits


def _deplier(chemins: list[Path]) -> list[Path]:
    fichiers = []
    for chemin in chemins:
        if not chemin.exists():
            raise ErreurSocle(f"{chemin} introuvable : donnez à --depuis les fichiers de l'export.")
        fichiers += sorted(c for c in chemin.rglob("*") if c.is_file()) if chemin.is_dir() else [chemin]
    fichiers = [c for c in fichiers if c.name != "etablissements.csv"]
    return [c for c in fichiers if DOSSIER not in c.parts and not re.search(r"\.(hl7|er7)(\.gz|\.zip)?$", c.name, re.IGNORECASE)]


def _est_du_contrat(chemin: Path) -> bool:
    """Whether a file is read by its name: its place and its columns are those of the contract."""
    nom = table_du_nom(chemin.name)
    colonnes = contrat().get(f"{chemin.parent.name}/{nom[0]}") if nom else None
    return bool(colonnes) and {c.nom for c in colonnes or () if c.obligatoire} <= set(inspecter(str(chemin))["colonnes"])


def _feuilles(chemin: Path) -> list[str]:
    """Sheets of a workbook that has several, to be named; nothing to name elsewhere."""
    if not classeurs.est_classeur(chemin):
        return [""]
    try:
        noms = classeurs.feuilles(chemin)
    except ArchiveIllisible as erreur:
        raise ErreurSocle(f"{chemin} illisible ({erreur}).") from None
    return noms if len(noms) > 1 else [""]


def _voir(chemin: Path, feuille: str = "") -> FichierVu:
    """Look at a sample of a file."""
    lu = str(chemin.resolve()) + (f"/{feuille}" if feuille else "")
    fichier = Fichier(chemin.name, lu, chemin.name, None, JOINT, None, inspecter(lu))
    if fichier.erreur:
        raise ErreurSocle(f"{chemin} {fichier.erreur}.")
    if not fichier.colonnes:
        raise ErreurSocle(f"{chemin} n'a pas d'en-tête : retirez-le de --depuis, ou ajoutez les noms des colonnes.")
    with connecter() as moteur:
        moteur.execute(f"create table vues as select * from ({textes(fichier)}) limit {LIGNES_VUES}")
        ((nb_vues,),) = moteur.execute("select count(*) from vues").fetchall()
        colonnes = [_voir_une_colonne(moteur, rang, nom, fichier.est_un_classeur) for rang, nom in enumerate(fichier.colonnes)]
    return FichierVu(
        chemin, motif_du_nom(chemin.name), feuille, [c for c in colonnes if c.nom], fichier.nb_lignes_attendues, nb_vues
    )


def _voir_une_colonne(moteur: duckdb.DuckDBPyConnection, rang: int, nom: str, classeur: bool) -> ColonneVue:
    c = nom_sql(f"c{rang}")
    date_sql = f"regexp_full_match({c}, '{_DATE}')" + (f" or regexp_full_match({c}, '{_SERIE}')" if classeur else "")
    ((nb, distinctes, dates, heures, avec_heure),) = moteur.execute(
        f"""
        select
            count({c}), count(distinct {c}), avg(cast({date_sql} as integer)), avg(cast(regexp_full_match({c}, '{_HEURE}') as integer)),
            avg(cast(regexp_full_match({c}, '.*[0-9][T ][0-9].*|[0-9]{{12,14}}|[0-9]{{5}}[.][0-9]+') as integer))
        from vues
        """
    ).fetchall()
    frequentes = moteur.execute(
        f"select {c}, count(*) from vues where {c} is not null group by 1 order by 2 desc, 1 limit {VALEURS_VUES}"
    ).fetchall()
    tout = moteur.execute(f"select distinct {c} from vues where {c} is not null").fetchall()
    return ColonneVue(nom, nb, distinctes, frequentes, dates or 0, heures or 0, avec_heure or 0, frozenset(v for (v,) in tout))


def motif_du_nom(nom: str) -> str:
    """The pattern of the files that are like one: its date becomes {AAAAMMJJ}, other numbers of six digits or more « * »."""
    for expression, jeton in (
        (r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])", "{AAAAMMJJ}"),
        (r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:[0-2][0-9]|3[01])", "{AAAA-MM-JJ}"),
        (r"(?:19|20)[0-9]{2}_(?:0[1-9]|1[0-2])_(?:[0-2][0-9]|3[01])", "{AAAA_MM_JJ}"),
        (r"(?:[0-2][0-9]|3[01])-(?:0[1-9]|1[0-2])-(?:19|20)[0-9]{2}", "{JJ-MM-AAAA}"),
        (r"(?:[0-2][0-9]|3[01])_(?:0[1-9]|1[0-2])_(?:19|20)[0-9]{2}", "{JJ_MM_AAAA}"),
        (r"(?:[0-2][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}", "{JJMMAAAA}"),
        (r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])", "{AAAA-MM}"),
        (r"(?:19|20)[0-9]{2}_(?:0[1-9]|1[0-2])", "{AAAA_MM}"),
        (r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])", "{AAAAMM}"),
    ):
        motif, remplaces = re.subn(rf"(?<![0-9]){expression}(?![0-9])", jeton, nom, count=1)
        if remplaces:
            debut, _, fin = motif.partition(jeton)
            return re.sub(r"[0-9]{4,}", "*", debut) + jeton + re.sub(r"[0-9]{4,}", "*", fin)
    return nom


def _regrouper(fichiers: list[FichierVu]) -> list[FichierVu]:
    """One of the files that have the same pattern."""
    return list({(f.motif.lower(), f.feuille): f for f in fichiers}.values())


@cache
def _noms_usuels() -> dict[str, tuple[str, ...]]:
    return {ligne["colonne"]: tuple(ligne["noms"].split(" | ")) for ligne in graines.lire("noms_usuels")}


@cache
def _codes(nom: str) -> tuple[str, ...]:
    """Codes that an open column should hold all the same."""
    return tuple(ligne["type_code"] for ligne in graines.lire("types_documents")) if nom == "type_code" else ()


@cache
def _valeurs_usuelles() -> dict[tuple[str, str], str]:
    """Value of the contract, by its column and a value seen, as `nu` has it."""
    return {
        (ligne["colonne"], nu(vue)): ligne["valeur"]
        for ligne in graines.lire("valeurs_usuelles")
        for vue in ligne["vues"].split(" | ")
    }


def _ressemblance(colonne: Colonne, vue: ColonneVue) -> float:
    """How much a column of the hospital looks like one of the contract, by its name and its values: 0 to 1."""
    vu = nu(vue.nom)
    usuels = (colonne.nom, *_noms_usuels().get(colonne.nom, ()))
    mots = set(vu.split("_"))
    note = 0.0
    for rang, usuel in enumerate(usuels):
        siens = set(usuel.split("_"))
        if vu == usuel or vu.replace("_", "") == usuel.replace("_", ""):
            note = max(note, 1 - rang / 500)
        elif len(siens) > 1 and siens <= mots:
            note = max(note, 0.92 - rang / 500 - 0.01 * len(mots - siens))
        elif len(usuel) > 2 and siens <= mots:
            note = max(note, 0.86 - rang / 500 - 0.01 * len(mots - siens))
        else:
            note = max(note, 0.9 * difflib.SequenceMatcher(None, vu, usuel).ratio() - rang / 500)
    if colonne.type in ("date", "timestamp") and vue.nb and vue.dates < 0.5:
        return 0.0
    if colonne.type not in ("date", "timestamp") and vue.dates > 0.9 and colonne.nature != "IDENTIFIANT":
        return 0.0
    if colonne.type == "boolean" and vue.distinctes > 4:
        return 0.0
    if colonne.valeurs:
        if vue.distinctes > VALEURS_VUES:
            return 0.0
        connues = sum(_traduire(colonne, valeur) is not None for valeur, _ in vue.valeurs)
        note += 0.1 * connues / max(len(vue.valeurs), 1) - 0.05
    return min(note, 1.0)


def _traduire(colonne: Colonne, valeur: str) -> str | None:
    """The value of the contract that a value of the hospital most often means."""
    admises = colonne.valeurs or _codes(colonne.nom)
    if valeur in admises:
        return valeur
    trouvee = next((admise for admise in admises if nu(admise) == nu(valeur)), None)
    usuelle = _valeurs_usuelles().get((colonne.nom, nu(valeur)))
    return trouvee or (usuelle if usuelle in admises else None)


def _apparier(colonnes: tuple[Colonne, ...], vues: list[ColonneVue]) -> dict[str, tuple[ColonneVue, float]]:
    """Give each column of a flux the one that resembles it most, each being given once."""
    notes = sorted(
        (
            (note, rang, c.nom, vue)
            for rang, c in enumerate(colonnes)
            for vue in vues
            if (note := _ressemblance(c, vue)) >= RESSEMBLANCE
        ),
        key=lambda n: (-n[0], n[1]),
    )
    paires: dict[str, tuple[ColonneVue, float]] = {}
    prises: set[str] = set()
    for note, _, nom, vue in notes:
        if nom not in paires and vue.nom not in prises:
            paires[nom] = (vue, note)
            prises.add(vue.nom)
    return paires


def _flux_de(fichier: FichierVu, finess: str) -> list[Proposition]:
    """The flux that a file may feed: the best, and those that it gives nearly as well."""
    propositions = []
    for flux, colonnes in contrat().items():
        if flux.startswith("reference/"):
            continue
        paires = _apparier(colonnes, fichier.colonnes)
        poids = {c.nom: 3.0 if c.cle else 1.0 if c.obligatoire else 0.25 for c in colonnes}
        sures = {s["colonne"] for s in graines.lire("valeurs_sures") if s["flux"] == flux}
        if "document_id" in paires:
            sures.add("transmission_id")
        attendu = sum(p if nom in paires or nom not in sures else 0.5 for nom, p in poids.items() if p >= 1)
        note = sum(poids[nom] * note for nom, (_, note) in paires.items()) / attendu
        mots = set(nu(fichier.chemin.stem).split("_"))
        note += 0.3 * any(mot[:4] in {m[:4] for m in mots} for mot in flux.split("/")[1].split("_"))
        # A row of a sending is most often that of its document.
        cles = [c for c in colonnes if c.cle or c.nom == "document_id"]
        date_attendue = [c for c in colonnes if c.obligatoire and c.type in ("date", "timestamp")]
        if (
            any(c.nom in paires for c in cles)
            and sum(c.nom in paires for c in colonnes if c.obligatoire) >= 2
            and (not date_attendue or any(c.nom in paires for c in date_attendue))
        ):
            propositions.append(Proposition(fichier, flux, {nom: vue.nom for nom, (vue, _) in paires.items()}, note))
    propositions.sort(key=lambda p: -p.note)
    retenues = [p for p in propositions if p.note >= 0.5 and p.note >= 0.6 * propositions[0].note][:3]
    for proposition in retenues:
        _completer(proposition, finess)
    return retenues


def _completer(proposition: Proposition, finess: str) -> None:
    """Give what can be told without a column that resembles: an hour apart, a suite of versions, a value that is safe."""
    vues = {vue.nom: vue for vue in proposition.fichier.colonnes}
    prises = set(proposition.sources.values())
    for colonne in contrat()[proposition.flux]:
        source = proposition.sources.get(colonne.nom)
        if source and colonne.type == "timestamp" and vues[source].avec_heure < 0.1:
            racine = set(nu(source).split("_")) - {"date", "dt", "d", "de", "le", "jour", "jr"}
            heures = [
                vue.nom
                for vue in vues.values()
                if vue.nom not in prises
                and vue.heures > 0.8
                and re.search(r"(?:^|_)(?:h|hr|hre|heure|hh|hor|time)(?:_|$)|heure|^h[a-z]", nu(vue.nom))
                and (racine & set(nu(vue.nom).split("_")) or any(nu(vue.nom).endswith(mot) for mot in racine if len(mot) > 2))
            ]
            if len(heures) == 1:
                proposition.sources[colonne.nom] = f"{_citer(source)} + {_citer(heures[0])}"
                prises.add(heures[0])
    if "set_id" not in proposition.sources and "document_id" in proposition.sources and proposition.flux == "dpi/documents":
        proposition.sources["set_id"] = proposition.sources["document_id"]
    if proposition.flux == "dpi/transmissions_dmp" and "transmission_id" not in proposition.sources:
        proposition.sources["transmission_id"] = proposition.sources["document_id"]
    for colonne in contrat()[proposition.flux]:
        vue = vues.get(proposition.sources.get(colonne.nom, ""))
        if vue and colonne.obligatoire and colonne.type in ("date", "timestamp") and vue.nb < proposition.fichier.nb_vues:
            proposition.a_remplir.append(vue.nom)
    sures = {s["colonne"]: s["valeur"] for s in graines.lire("valeurs_sures") if s["flux"] == proposition.flux and s["valeur"]}
    for colonne in proposition.manquantes:
        if colonne.nom == "finess_geo":
            proposition.constantes["finess_geo"] = finess
        elif colonne.nom in sures:
            proposition.constantes[colonne.nom] = sures[colonne.nom]


def _joindre(proposition: Proposition, autres: list[FichierVu]) -> None:
    """Find in the other files what a code of this one leads to."""
    colonnes = {c.nom: c for c in contrat()[proposition.flux]}
    for autre in autres:
        absentes = tuple(c for c in colonnes.values() if c.nom not in proposition.sources and (c.obligatoire or c.valeurs))
        liens = [
            (len(vue.echantillon & cle.echantillon) / len(vue.echantillon), vue, cle)
            for vue in proposition.fichier.colonnes
            for cle in autre.colonnes
            if vue.echantillon and cle.distinctes == cle.nb > 1 and vue.distinctes > 1 and vue.dates < 0.5
        ]
        part, vue, cle = max(liens, key=lambda lien: (lien[0], nu(lien[1].nom) == nu(lien[2].nom)), default=(0.0, None, None))
        if part < 0.8 or not vue or not cle:
            continue
        trouvees = _apparier(absentes, [c for c in autre.colonnes if c is not cle])
        if trouvees:
            alias = re.sub("[^a-z0-9]", "", nu(autre.chemin.stem))[:12] or f"f{len(proposition.joints) + 1}"
            proposition.joints.append((alias, autre, vue.nom, cle.nom))
            for nom, (jointe, _) in trouvees.items():
                proposition.sources[nom] = f"{alias}.{jointe.nom}"
                proposition.constantes.pop(nom, None)


def _vue_de(proposition: Proposition, source: str) -> ColonneVue | None:
    for alias, fichier, _, _ in proposition.joints:
        if source.startswith(f"{alias}."):
            return next((v for v in fichier.colonnes if v.nom == source.removeprefix(f"{alias}.")), None)
    return next((v for v in proposition.fichier.colonnes if v.nom == source), None)


def _valeurs(proposition: Proposition, colonne: Colonne) -> str:
    """The table of values of a column: those that were seen, each with what it most often means, or « ? »."""
    vue = _vue_de(proposition, proposition.sources.get(colonne.nom, ""))
    if not vue or not vue.est_un_code or not (colonne.valeurs or _codes(colonne.nom) or colonne.type == "boolean"):
        return ""
    lues = [valeur for valeur, _ in vue.valeurs]
    manque = (
        colonne.obligatoire
        and not proposition.a_remplir
        and vue in proposition.fichier.colonnes
        and vue.nb < proposition.fichier.nb_vues
    )
    if colonne.type == "boolean":
        usuels = {"true": "oui", "1": "oui", "oui": "oui", "vrai": "oui", "o": "oui", "x": "oui", "y": "oui", "yes": "oui",
                  "false": "non", "0": "non", "non": "non", "faux": "non", "n": "non", "no": "non"}  # fmt: skip
        sens = {valeur: usuels.get(valeur.lower(), A_COMPLETER) for valeur in lues}
        if not manque and all(valeur.lower() in usuels and valeur.lower() not in ("x", "y", "yes", "no") for valeur in lues):
            return ""
        # A box that is ticked or not.
        rien = "non" if set(sens.values()) == {"oui"} else A_COMPLETER
    else:
        if not manque and set(lues) <= {*colonne.valeurs, *_codes(colonne.nom)}:
            return ""
        sens, rien = {valeur: _traduire(colonne, valeur) or A_COMPLETER for valeur in lues}, A_COMPLETER
    couples = [f"{_citer(valeur)} = {donne}" for valeur, donne in sens.items()] + [f"= {rien}"] * manque
    return " | ".join(couples)


def _valeurs_inconnues(proposition: Proposition) -> list[str]:
    return [c.nom for c in contrat()[proposition.flux] if f"= {A_COMPLETER}" in _valeurs(proposition, c)]


def _citer(texte: str) -> str:
    """A name or a value, in quotes where its signs would mean something."""
    speciaux = '|+="\n'
    return '"' + texte.replace('"', '""') + '"' if any(s in texte for s in speciaux) or texte in ("?", "*", "") else texte


def _place(dossier: Path, proposition: Proposition) -> Path:
    """Where a draft goes: nothing is written over."""
    base = proposition.flux.replace("/", ".")
    precision = re.sub("[^a-z0-9]+", "_", nu(proposition.fichier.chemin.stem)).strip("_")
    noms = [f"{base}.csv", f"{base}.{precision}.csv", *(f"{base}.{precision}_{n}.csv" for n in range(2, 1000))]
    return next(dossier / nom for nom in noms if not (dossier / nom).exists())


def _brouillon(proposition: Proposition, finess: str) -> str:
    """A draft, with what was seen in its comments."""
    fichier, effets = proposition.fichier, defaultdict(str)
    for sure in graines.lire("valeurs_sures"):
        if sure["flux"] == proposition.flux:
            effets[sure["colonne"]] = sure["effet"]
    lignes = [["# Proposition de « socle init » : relisez chaque ligne, remplacez les « ? », puis lancez « socle verifier »."]]
    lignes.append([FICHIERS, fichier.motif, "", "", "", f"vu : {fichier.chemin.name}, {fichier.nb_lignes} lignes"])
    if fichier.feuille:
        lignes.append([FEUILLE, fichier.feuille])
    for alias, autre, cle, jointe in proposition.joints:
        lignes.append(
            [
                f"{JOINDRE} {alias}",
                autre.motif,
                "",
                f"{_citer(cle)} = {_citer(jointe)}",
                "",
                "vu : les mêmes valeurs des deux côtés",
            ]
        )
    for nom in proposition.a_remplir:
        lignes.append([GARDER, _citer(nom), "", "", "", "vu : des lignes sans cette date, qui ne sont pas lues"])
    for colonne in contrat()[proposition.flux]:
        lignes.append(_ligne(proposition, colonne, effets[colonne.nom]))
    utiles = {nom for source in proposition.sources.values() for nom in source.split(" + ")} | {
        cle for _, _, cle, _ in proposition.joints
    }
    inutiles = [vue.nom for vue in fichier.colonnes if vue.nom not in utiles]
    if inutiles:
        lignes.append([f"# Colonnes de l’export dont rien n’est lu : {', '.join(inutiles)}"])
    return _csv(lignes)


def _ligne(proposition: Proposition, colonne: Colonne, effet: str) -> list[str]:
    source = proposition.sources.get(colonne.nom)
    obligatoire = "obligatoire, " if colonne.obligatoire else ""
    if source:
        vue = _vue_de(proposition, source)
        # Values of an identifier are a patient's: they stay in the export.
        vues = (
            ", ".join(f"{valeur} ({nb})" for valeur, nb in vue.valeurs[:6])
            if vue and vue.est_un_code and not colonne.nature and colonne.type not in ("date", "timestamp")
            else ""
        )
        cite = source if " + " in source else _citer(source)
        return [
            colonne.nom,
            cite,
            "",
            _valeurs(proposition, colonne),
            "",
            f"{colonne.description}{f' ; vu : {vues}' if vues else ''}",
        ]
    if colonne.nom in proposition.constantes:
        return [
            colonne.nom,
            "",
            proposition.constantes[colonne.nom],
            "",
            "",
            f"non trouvée, mise par défaut{f' : {effet}' if effet else ''}",
        ]
    if colonne.obligatoire:
        return [colonne.nom, A_COMPLETER, "", "", "", f"{obligatoire}non trouvée : {colonne.description}{_admises(colonne)}"]
    return [f"# {colonne.nom}", "", "", "", "", f"non trouvée : {colonne.description}{_admises(colonne)}"]


def _admises(colonne: Colonne) -> str:
    return f" ({', '.join(colonne.valeurs)})" if colonne.valeurs else ""


def _modele(flux: str) -> str:
    """A correspondence that says everything that may be said, to be copied and corrected."""
    lignes = [
        [f"# Modèle : copiez-le dans <finess>/{DOSSIER}/, remplacez les « ? » ; une ligne qui commence par # ne compte pas."],
        [
            FICHIERS,
            "EXPORT_{AAAAMMJJ}.csv",
            "",
            "",
            "",
            "les fichiers à lire : * et ? comme d’habitude, la date de l’extraction entre accolades",
        ],
        [f"# {FEUILLE}", "Feuil1", "", "", "", "d’un classeur Excel de plusieurs feuilles"],
        [
            f"# {JOINDRE} codes",
            "CODES_*.csv",
            "",
            "CODE = CODE",
            "",
            "une liste de codes, dont les colonnes se nomment codes.LIBELLE",
        ],
        ["# garder", "ETAT", "", "V | C", "", "les seules lignes à lire"],
        ["# ecarter", "ETAT", "", "A", "", "les lignes à ne pas lire"],
    ]
    for colonne in contrat()[flux]:
        valeurs = " | ".join(f"{A_COMPLETER} = {valeur}" for valeur in colonne.valeurs)
        nom = colonne.nom if colonne.obligatoire else f"# {colonne.nom}"
        lignes.append([nom, A_COMPLETER, "", valeurs, "", colonne.description])
    return _csv(lignes)


def _csv(lignes: list[list[str]]) -> str:
    tampon = io.StringIO()
    redacteur = csv.writer(tampon, delimiter=";", lineterminator="\n")
    redacteur.writerow(ENTETE)
    redacteur.writerows(lignes)
    return tampon.getvalue()


def _ecrire(chemin: Path, contenu: str) -> None:
    """Write a model, unless it was changed by hand."""
    chemin.parent.mkdir(parents=True, exist_ok=True)
    if not chemin.exists():
        ecrire_fichier(chemin, contenu.encode("utf-8-sig"))
