"""How a hospital's own exports give a flux of the contract: ``<finess_ej>/correspondances/<source>.<flux>[.<précision>].csv``.

A correspondence is data that any spreadsheet edits, one row per column of the contract: never SQL, never a path out of the
folder of its EJ. ``docs/CONTRAT.md`` says how it is written; `Correspondance` is what is understood of it.
"""

from __future__ import annotations

import calendar
import csv
import difflib
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from socle.lecture.contrat import Colonne, contrat

DOSSIER = "correspondances"
ENTETE = ("colonne", "source", "constante", "valeurs", "forme", "commentaire")
FICHIERS, FEUILLE, JOINDRE, GARDER, ECARTER = "fichiers", "feuille", "joindre", "garder", "ecarter"
"""What a row may say beside a column of the contract."""
OCTETS_MAXIMAUX, VALEURS_MAXIMALES, JOINTURES_MAXIMALES = 1 << 20, 2_000, 20
LE_RESTE = "*"
A_COMPLETER = "?"
"""Stands in a draft for what only the hospital knows."""

_NOM = re.compile(r"(?P<source>[a-z]+)\.(?P<flux>[a-z_]+)(?:\.[^/.]+)?\.csv", re.IGNORECASE)
_DATE = re.compile(r"\{([^{}]*)\}")
_FORME = re.compile(r"AAAA|MM|JJ|HH|SS|[-/.:_ hT]")


class CorrespondanceInvalide(Exception):
    """What is wrong with a correspondence, in French, with its line; to follow the name of the file."""


@dataclass(frozen=True)
class Regle:
    """Where a column of the contract comes from.

    ``sources``: the first that is filled counts, each being columns whose values follow each other (a date and an hour);
    ``source``: the same as it is written; ``constante``: what is taken where they give nothing; ``valeurs``: what each value
    becomes, None for a value left as it is; ``forme``: of a date, as JJ/MM/AAAA HHMM, if it is told.
    """

    colonne: str
    source: str
    sources: tuple[tuple[str, ...], ...]
    constante: str
    valeurs: tuple[tuple[str, str | None], ...]
    forme: str

    @property
    def etiquette(self) -> str:
        """What a reject calls the column: that of the contract, and those of the hospital."""
        return f"{self.colonne} ← {self.source.replace('|', '/') or 'constante'}"


@dataclass(frozen=True)
class Jointure:
    """A second file of the EJ, one row of which goes with each row: ``cle`` of the first equals ``cle_jointe`` of this one."""

    alias: str
    motif: Motif
    cle: str
    cle_jointe: str


@dataclass(frozen=True)
class Filtre:
    """Rows that are kept, or left out, for the value of a column; without a value, for being filled."""

    colonne: str
    valeurs: tuple[str, ...]
    garde: bool


@dataclass(frozen=True)
class Motif:
    """A pattern of the names of files of an EJ, ``*`` and ``?`` as usual, {AAAAMMJJ} where the day of extraction is."""

    texte: str
    feuille: str = ""
    plage: str = ""

    def repond(self, chemin: str) -> re.Match[str] | None:
        """The match of a path relative to the folder of the EJ; one that has no « / » is that of a name, in any folder."""
        nom = chemin if "/" in self.texte else chemin.rsplit("/", 1)[-1]
        morceaux = [_expression(morceau) for morceau in self.texte.split("*")]
        # Each piece has one length: taking the leftmost place for each is enough, and cannot be made slow.
        trouve = re.compile(morceaux[0]).match(nom)
        date_trouvee = trouve if trouve and trouve.re.groups else None
        if len(morceaux) == 1:
            return trouve if trouve and trouve.end() == len(nom) else None
        for rang, morceau in enumerate(morceaux[1:], start=2):
            if not trouve:
                return None
            reste = re.compile(morceau + (r"\Z" if rang == len(morceaux) else ""))
            suivant = reste.search(nom, trouve.end())
            if suivant and "/" in nom[trouve.end() : suivant.start()]:
                return None
            trouve = suivant
            if trouve and trouve.re.groups:
                date_trouvee = trouve
        return (date_trouvee or trouve) if trouve else None

    def extrait_le(self, chemin: str) -> date | None:
        """Day of extraction that a name bears: where the pattern says, else wherever there is one."""
        trouve = self.repond(chemin)
        if trouve and trouve.re.groups:
            parties = trouve.groupdict()
            annee, mois = int(parties["a"]), int(parties.get("m") or 12)
            return _jour(annee, mois, int(parties.get("j") or calendar.monthrange(annee, mois)[1]))
        return date_du_nom(chemin.rsplit("/", 1)[-1])


@dataclass(frozen=True)
class Correspondance:
    """One correspondence, checked against the contract; ``empreinte`` is the SHA-256 of its bytes."""

    fichier: str
    flux: str
    motifs: tuple[Motif, ...]
    regles: tuple[Regle, ...]
    jointures: tuple[Jointure, ...]
    filtres: tuple[Filtre, ...]
    empreinte: str

    def motif_de(self, chemin: str) -> Motif | None:
        """The pattern that a file of the EJ answers, if any.

        Args:
            chemin: of the file, relative to the folder of the EJ.
        """
        return next((motif for motif in self.motifs if motif.repond(chemin)), None)

    def citees(self) -> Iterator[str]:
        """Every column of the hospital that it names."""
        for regle in self.regles:
            yield from (nom for noms in regle.sources for nom in noms)
        for jointure in self.jointures:
            yield jointure.cle
        for filtre in self.filtres:
            yield filtre.colonne


@dataclass(frozen=True)
class Place:
    """Where a column of the hospital is: in the file itself (``jointure`` is -1) or in a joined one, at a position."""

    jointure: int
    position: int


def situer(correspondance: Correspondance, colonnes: Sequence[str], jointes: Sequence[Sequence[str]]) -> dict[str, Place | None]:
    """Find the columns that a correspondence names.

    Args:
        correspondance: names them in any case, accents and blanks apart.
        colonnes: of the file.
        jointes: of each joined file, in order; none while it is not there.

    Returns:
        the place of each, None for one that is not there.
    """
    places: dict[str, Place | None] = {}
    for nom in correspondance.citees():
        places[nom] = _situer(nom, correspondance, colonnes, jointes)
    for rang, jointure in enumerate(correspondance.jointures):
        connues = jointes[rang] if rang < len(jointes) else ()
        position = _position(jointure.cle_jointe, connues)
        places[f"{jointure.alias}.{jointure.cle_jointe}"] = None if position is None else Place(rang, position)
        # A key may come from the file, or from what was joined before: never from what comes after.
        cle = _situer(jointure.cle, correspondance, colonnes, jointes[:rang])
        places[jointure.cle] = cle if cle is None or cle.jointure < rang else None
    return places


def bloquantes(correspondance: Correspondance, places: Mapping[str, Place | None]) -> list[str]:
    """Columns of the hospital that are not there and without which a file is not read, of those that `situer` looked for.

    « Optional columns may be absent from a file »: an older export lacks some.
    """
    servent = [nom for j in correspondance.jointures for nom in (j.cle, f"{j.alias}.{j.cle_jointe}")]
    servent += [filtre.colonne for filtre in correspondance.filtres]
    for colonne in contrat()[correspondance.flux]:
        regle = next((regle for regle in correspondance.regles if regle.colonne == colonne.nom), None)
        if (
            regle
            and colonne.obligatoire
            and not regle.constante
            and not any(all(places[n] for n in noms) for noms in regle.sources)
        ):
            servent += [nom for noms in regle.sources for nom in noms]
    return [nom for nom in dict.fromkeys(servent) if places[nom] is None]


def _situer(nom: str, correspondance: Correspondance, colonnes: Sequence[str], jointes: Sequence[Sequence[str]]) -> Place | None:
    position = _position(nom, colonnes)
    if position is not None:
        return Place(-1, position)
    alias, _, reste = nom.partition(".")
    for rang, (jointure, connues) in enumerate(zip(correspondance.jointures, jointes, strict=False)):
        if reste and jointure.alias and nu(alias) == nu(jointure.alias):
            position = _position(reste, connues)
            return None if position is None else Place(rang, position)
    for rang, connues in enumerate(jointes):
        position = _position(nom, connues)
        if position is not None:
            return Place(rang, position)
    return None


def _position(nom: str, colonnes: Sequence[str]) -> int | None:
    """Position of a column: by its very name, else by what is left of it without case, accents and blanks."""
    exact = nom.strip().lower()
    for forme, connues in ((exact, list(colonnes)), (nu(nom), [nu(colonne) for colonne in colonnes])):
        if connues.count(forme) == 1:
            return connues.index(forme)
    return None


def nu(nom: str) -> str:
    """A name without case, accents nor signs: « Date d'entrée » is ``date_d_entree``."""
    sans_accent = unicodedata.normalize("NFKD", nom).encode("ascii", "ignore").decode()
    return re.sub("[^a-z0-9]+", "_", sans_accent.lower()).strip("_")


def fichiers_dates(exports: Path) -> Iterator[tuple[Path, date | None]]:
    """Files that the correspondences of a landing zone read for ``gam/`` and ``dpi/``, each with the day that its name bears."""
    for dossier in sorted(exports.glob(f"*/{DOSSIER}")):
        ej = dossier.parent
        correspondances = []
        for chemin in sorted(dossier.glob("*.csv")):
            with suppress(CorrespondanceInvalide, OSError):
                correspondances.append(lire_correspondance(chemin, str(chemin.relative_to(exports))))
        lues = [c for c in correspondances if c.flux.startswith(("gam/", "dpi/"))]
        for chemin in sorted(ej.rglob("*")) if lues else ():
            relatif = chemin.relative_to(ej).as_posix()
            if not est_une_correspondance(relatif) and chemin.is_file():
                yield from ((chemin, motif.extrait_le(relatif)) for c in lues if (motif := c.motif_de(relatif)))


def est_une_correspondance(chemin: str) -> bool:
    """Whether a path relative to the folder of an EJ is in that of its correspondences."""
    return chemin.lower().startswith(f"{DOSSIER}/")


def lire_correspondance(chemin: Path, nom: str) -> Correspondance:
    """Read and check a correspondence.

    Args:
        chemin: of its file.
        nom: the same, relative to the landing zone.

    Raises:
        CorrespondanceInvalide: what to correct, and at which line.
        OSError: it cannot be opened.
    """
    trouve = _NOM.fullmatch(chemin.name)
    flux = f"{trouve['source']}/{trouve['flux']}".lower() if trouve else ""
    if flux not in contrat() or flux.startswith("reference/"):
        proche = _proche(flux.replace("/", "."), [connu.replace("/", ".") for connu in contrat()])
        raise CorrespondanceInvalide(f"nommez-la <source>.<flux>.csv, par exemple {proche or 'gam.venues'}.csv")
    if chemin.stat().st_size > OCTETS_MAXIMAUX:
        raise CorrespondanceInvalide("plus de 1 Mo : mettez les longues listes de codes dans un fichier à joindre")
    octets = chemin.read_bytes()
    lignes = _lignes(octets)
    return _Analyse(flux, lignes).correspondance(nom, hashlib.sha256(octets).hexdigest())


def _lignes(octets: bytes) -> list[tuple[int, dict[str, str]]]:
    """Rows of the file with the number of their line, comments and blank rows apart."""
    for encodage in ("utf-16" if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252", "latin-1"):
        try:
            texte = octets.decode(encodage)
            break
        except UnicodeDecodeError:
            continue
    texte = re.sub(r"\A(?:sep=.)?\s*", "", texte, flags=re.IGNORECASE)
    entete = texte.split("\n", 1)[0]
    lecteur = csv.reader(texte.splitlines(keepends=True), delimiter=max(";,\t|", key=entete.count))
    try:
        noms = [nu(nom) for nom in next(lecteur, [])]
        if not {"colonne", "source"} <= set(noms):
            raise CorrespondanceInvalide(f"ligne 1 : écrivez l’en-tête {';'.join(ENTETE)}")
        if inconnus := [nom for nom in noms if nom and nom not in ENTETE]:
            raise CorrespondanceInvalide(f"ligne 1 : « {inconnus[0]} » n’est pas une colonne de {';'.join(ENTETE)}")
        lignes = []
        for cellules in lecteur:
            ligne = dict.fromkeys(ENTETE, "") | {
                nom: cellule.strip() for nom, cellule in zip(noms, cellules, strict=False) if nom
            }
            if len(cellules) > len(noms) and any(cellules[len(noms) :]):
                raise CorrespondanceInvalide(f"ligne {lecteur.line_num} : plus de champs que l’en-tête")
            if any(ligne[nom] for nom in ENTETE[:-1]) and not ligne["colonne"].startswith("#"):
                lignes.append((lecteur.line_num, ligne))
        return lignes
    except csv.Error as erreur:
        raise CorrespondanceInvalide(f"ligne {lecteur.line_num} : illisible ({erreur})") from None


class _Analyse:
    """The rows of a correspondence, understood one by one."""

    def __init__(self, flux: str, lignes: list[tuple[int, dict[str, str]]]) -> None:
        self.flux = flux
        self.colonnes = {colonne.nom: colonne for colonne in contrat()[flux]}
        self.motifs: list[str] = []
        self.feuille = ("", "")
        self.regles: dict[str, Regle] = {}
        self.jointures: list[Jointure] = []
        self.filtres: list[Filtre] = []
        self.ou = ""
        for numero, ligne in lignes:
            self.ou = f"ligne {numero} : "
            self._comprendre(ligne)
        self.ou = ""

    def correspondance(self, nom: str, empreinte: str) -> Correspondance:
        if not self.motifs:
            raise self._faute(f"écrivez une ligne {FICHIERS} : quels fichiers de l’établissement lire (GAM_MVT_{{AAAAMMJJ}}.csv)")
        for colonne in self.colonnes.values():
            if colonne.obligatoire and colonne.nom not in self.regles:
                raise self._faute(f"colonne obligatoire {colonne.nom} sans source ni constante : {_attendu(colonne)}")
        motifs = tuple(Motif(motif, *self.feuille) for motif in self.motifs)
        regles = tuple(self.regles[nom] for nom in self.colonnes if nom in self.regles)
        return Correspondance(nom, self.flux, motifs, regles, tuple(self.jointures), tuple(self.filtres), empreinte)

    def _faute(self, message: str) -> CorrespondanceInvalide:
        return CorrespondanceInvalide(self.ou + message)

    def _comprendre(self, ligne: dict[str, str]) -> None:
        quoi, _, alias = ligne["colonne"].partition(" ")
        genre = nu(quoi)
        if genre == FICHIERS:
            self.motifs += [self._motif(motif) for motif in _separer(ligne["source"])]
        elif genre == FEUILLE:
            if ligne["valeurs"] and not re.fullmatch(
                "[A-Z]{1,3}[0-9]{0,7}:[A-Z]{1,3}[0-9]{0,7}", ligne["valeurs"], re.IGNORECASE
            ):
                raise self._faute(f"plage « {ligne['valeurs']} » : écrivez par exemple A3:K")
            self.feuille = (ligne["source"], ligne["valeurs"].upper())
        elif genre == JOINDRE:
            self._joindre(alias.strip(), ligne)
        elif genre in (GARDER, ECARTER):
            if not ligne["source"]:
                raise self._faute(f"{genre} : écrivez en source la colonne dont la valeur décide")
            valeurs = tuple(_sans_guillemets(valeur) for valeur in _separer(ligne["valeurs"]))
            self.filtres.append(Filtre(_sans_guillemets(ligne["source"]), valeurs, genre == GARDER))
        else:
            self._regler(ligne)

    def _motif(self, texte: str) -> str:
        texte = _sans_guillemets(texte).replace("\\", "/").removeprefix("./")
        if texte.startswith("/") or re.match("[A-Za-z]:", texte) or ".." in texte.split("/"):
            raise self._faute(
                f"motif « {texte} » : seuls les fichiers du dossier de l’établissement se lisent, sans « / » en tête ni « .. »"
            )
        if est_une_correspondance(texte) or not texte.strip("*?/"):
            raise self._faute(f"motif « {texte} » : nommez les fichiers de l’export, par exemple GAM_MVT_*.csv")
        if len(texte) > 200 or any(ord(signe) < 32 for signe in texte):
            raise self._faute("motif trop long ou illisible")
        for date_ecrite in _DATE.findall(texte):
            if not re.fullmatch(r"(?:AAAA|MM|JJ|[-_.])+", date_ecrite) or date_ecrite.count("AAAA") != 1 or (
                date_ecrite.count("MM") > 1 or date_ecrite.count("JJ") > date_ecrite.count("MM")
            ):  # fmt: skip
                raise self._faute(
                    f"motif « {texte} » : écrivez la date entre accolades, comme {{AAAAMMJJ}}, {{JJ-MM-AAAA}} ou {{AAAA-MM}}"
                )
        if len(_DATE.findall(texte)) > 1:
            raise self._faute(f"motif « {texte} » : une seule date, celle de l’extraction")
        return texte

    def _joindre(self, alias: str, ligne: dict[str, str]) -> None:
        gauche, egal, droite = ligne["valeurs"].partition("=")
        if not ligne["source"] or not egal or not gauche.strip() or not droite.strip():
            raise self._faute(f"{JOINDRE} : écrivez en source le fichier (UF_*.csv), en valeurs les deux clés (CD_UF = CODE)")
        if len(self.jointures) == JOINTURES_MAXIMALES:
            raise self._faute(f"plus de {JOINTURES_MAXIMALES} fichiers joints")
        if alias and any(nu(alias) == nu(jointure.alias) for jointure in self.jointures):
            raise self._faute(f"deux fichiers joints sous le nom {alias}")
        motif = Motif(self._motif(ligne["source"]))
        self.jointures.append(Jointure(alias, motif, _sans_guillemets(gauche.strip()), _sans_guillemets(droite.strip())))

    def _regler(self, ligne: dict[str, str]) -> None:
        nom = nu(ligne["colonne"])
        colonne = self.colonnes.get(nom)
        if not colonne:
            proche = _proche(nom, [*self.colonnes, FICHIERS, FEUILLE, JOINDRE, GARDER, ECARTER])
            raise self._faute(
                f"« {ligne['colonne']} » n’est pas une colonne de {self.flux}{f' ; vouliez-vous {proche} ?' if proche else ''}"
            )
        if nom in self.regles:
            raise self._faute(f"{nom} est déjà décrite : une seule ligne par colonne, les sources séparées par « | »")
        if not ligne["source"] and not ligne["constante"]:
            if ligne["valeurs"] or ligne["forme"] or colonne.obligatoire:
                raise self._faute(f"{nom} sans source ni constante : {_attendu(colonne)}")
            return
        if A_COMPLETER in (ligne["source"], ligne["constante"]):
            raise self._faute(f"{nom} est à compléter : {_attendu(colonne)}")
        if ligne["forme"] and colonne.type not in ("date", "timestamp"):
            raise self._faute(f"{nom} n’est pas une date : elle n’a pas de forme")
        if ligne["forme"] and not est_une_forme(ligne["forme"]):
            raise self._faute(
                f"forme « {ligne['forme']} » : écrivez par exemple JJ/MM/AAAA, AAAAMMJJ ou JJ/MM/AAAA HHMM (années de quatre chiffres)"
            )
        valeurs = self._valeurs(colonne, ligne["valeurs"])
        if ligne["constante"]:
            self._admettre(colonne, ligne["constante"])
        self.regles[nom] = Regle(nom, ligne["source"], _sources(ligne["source"]), ligne["constante"], valeurs, ligne["forme"])

    def _valeurs(self, colonne: Colonne, texte: str) -> tuple[tuple[str, str | None], ...]:
        couples: dict[str, str | None] = {}
        for couple in _separer(texte):
            trouve = re.fullmatch(r'\s*("(?:[^"]|"")*"|.*?)\s*(?:=>|->|→|=)\s*("(?:[^"]|"")*"|.*?)\s*', couple, re.DOTALL)
            if not trouve:
                raise self._faute(
                    f"{colonne.nom}, valeurs « {couple} » : écrivez chaque couple « lue = contrat », séparés par « | »"
                )
            lue, donne = _sans_guillemets(trouve[1]), _sans_guillemets(trouve[2])
            if lue in couples:
                raise self._faute(f"{colonne.nom} : la valeur « {lue} » a deux sens")
            if donne == A_COMPLETER:
                raise self._faute(f"{colonne.nom} : dites ce que devient « {lue} », {_attendu(colonne)}")
            if donne and donne != LE_RESTE:
                self._admettre(colonne, donne)
            couples[lue] = None if trouve[2] == LE_RESTE else donne
        if len(couples) > VALEURS_MAXIMALES:
            raise self._faute(f"{colonne.nom} : plus de {VALEURS_MAXIMALES} valeurs, mettez-les dans un fichier à joindre")
        # « * stands for the rest »: what is told first must not hide the others.
        return tuple(sorted(couples.items(), key=lambda couple: couple[0] == LE_RESTE))

    def _admettre(self, colonne: Colonne, valeur: str) -> None:
        """Refuse at once what no row could give."""
        if colonne.valeurs and valeur not in colonne.valeurs:
            raise self._faute(f"{colonne.nom} : « {valeur} » n’est pas admis, {_attendu(colonne)}")
        formes = {
            "boolean": "true|false|1|0|oui|non|vrai|faux|o|n",
            "integer": "[+-]?[0-9]+",
            "double": r"[+-]?[0-9]+([.,][0-9]+)?",
        }
        if colonne.type in formes and not re.fullmatch(formes[colonne.type], valeur, re.IGNORECASE):
            raise self._faute(f"{colonne.nom} : « {valeur} » n’est pas admis, {_attendu(colonne)}")
        if colonne.controle.startswith("longueur=") and len(valeur) != int(colonne.controle[9:]):
            raise self._faute(f"{colonne.nom} : « {valeur} » n’a pas {colonne.controle[9:]} caractères")


def _attendu(colonne: Colonne) -> str:
    """What may be given to a column, in French."""
    attendu = {
        "boolean": "oui ou non", "integer": "un entier", "double": "un nombre", "date": "une date", "timestamp": "une date",
    }.get(colonne.type, ", ".join(colonne.valeurs) or "une colonne de l’export ou une constante")  # fmt: skip
    return f"donnez {attendu}{'' if colonne.obligatoire else ', ou rien'}"


def _separer(texte: str) -> list[str]:
    """Items of a cell, separated by « | » or by line breaks, quoted ones being left whole."""
    return [item.strip() for item in re.findall(r'(?:"(?:[^"]|"")*"|[^|\n"]|")+', texte) if item.strip()]


def _sources(texte: str) -> tuple[tuple[str, ...], ...]:
    parties = [re.findall(r'(?:"(?:[^"]|"")*"|[^+"]|")+', source) for source in _separer(texte)]
    return tuple(tuple(_sans_guillemets(nom.strip()) for nom in noms if nom.strip()) for noms in parties)


def _sans_guillemets(texte: str) -> str:
    return texte[1:-1].replace('""', '"') if len(texte) > 1 and texte[0] == texte[-1] == '"' else texte


def _proche(nom: str, connus: list[str]) -> str | None:
    return next(iter(difflib.get_close_matches(nom, connus, 1)), None)


def est_une_forme(texte: str) -> bool:
    """Whether a text is the form of a date: AAAA, MM and JJ, then perhaps HH, MM and SS."""
    jetons = _FORME.findall(texte)
    lettres = [jeton for jeton in jetons if len(jeton) > 1]
    heure = lettres[3:]
    return (
        "".join(jetons) == texte
        and sorted(lettres[:3]) == ["AAAA", "JJ", "MM"]
        and heure in ([], ["HH", "MM"], ["HH", "MM", "SS"])
    )


def jetons_de(forme: str) -> list[str]:
    """Tokens of the form of a date, separators included."""
    return _FORME.findall(forme)


def _expression(morceau: str) -> str:
    """Regular expression of a piece of a pattern, which has no « * »."""
    expression = ""
    for texte, date_ecrite in _couper(morceau):
        expression += "".join("[^/]" if signe == "?" else re.escape(signe) for signe in texte)
        for jeton in re.findall("AAAA|MM|JJ|.", date_ecrite):
            expression += {"AAAA": "(?P<a>(?:19|20)[0-9]{2})", "MM": "(?P<m>0[1-9]|1[0-2])", "JJ": "(?P<j>[0-2][0-9]|3[01])"}.get(
                jeton, re.escape(jeton)
            )
    return f"(?i:{expression})"


def _couper(morceau: str) -> list[tuple[str, str]]:
    """Text and date, one after the other."""
    parties = _DATE.split(morceau)
    return [(texte, parties[rang + 1] if rang + 1 < len(parties) else "") for rang, texte in enumerate(parties) if not rang % 2]


_DATES_D_UN_NOM = (
    r"(?P<a>(?:19|20)[0-9]{2})(?P<s>[-_.]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<j>[0-2][0-9]|3[01])(?:[-_T]?[0-9]{4}(?:[0-9]{2})?)?",
    r"(?P<j>[0-2][0-9]|3[01])(?P<s>[-_.]?)(?P<m>0[1-9]|1[0-2])(?P=s)(?P<a>(?:19|20)[0-9]{2})",
    r"(?P<a>(?:19|20)[0-9]{2})[-_.]?(?P<m>0[1-9]|1[0-2])",
)


def date_du_nom(nom: str) -> date | None:
    """The day that a name bears, as 20231231, 2023-12-31 or 31-12-2023; else the end of a month, as 2023-12; the latest of several."""
    for forme in _DATES_D_UN_NOM:
        jours = []
        for trouve in re.finditer(rf"(?<![0-9]){forme}(?![0-9])", nom):
            annee, mois = int(trouve["a"]), int(trouve["m"])
            jours.append(_jour(annee, mois, int(trouve.groupdict().get("j") or calendar.monthrange(annee, mois)[1])))
        if dates := [jour for jour in jours if jour]:
            return max(dates)
    return None


def _jour(annee: int, mois: int, jour: int) -> date | None:
    try:
        return date(annee, mois, jour)
    except ValueError:
        return None
