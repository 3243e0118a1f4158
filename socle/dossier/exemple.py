"""The example of a document that the guides ask for: an anonymised copy of a CDA.

« Exemple de document complet …, anonymisé montrant l'intégration des traits INS dans le document mais de façon non lisible …
avec la présence du datamatrix (partiellement caché …) au nom de l'établissement candidat » (guide HOP'EN2). Whatever names a
person, in the header and in the body, becomes X, sign for sign; the establishment stays named. A body that is a page (PDF,
image) becomes a picture of itself without the zones that the reader of the document gave: nothing here can tell where its
identity is written. What cannot be masked is refused.
"""

from __future__ import annotations

import base64
import binascii
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import typst
from lxml import etree

from socle.entrepot import ouvrir
from socle.lecture import archives, hl7
from socle.parametres import ErreurSocle

CDA = hl7.CDA
SIGNE = "X"
GARDES = {"title", "softwareName", "manufacturerModelName"}
"""Elements of the header whose text names nobody."""
NOMS = {"name", "given", "family", "prefix", "suffix"}
COORDONNEES = {"addr", "telecom"}
DATES = {"time", "effectiveTime", "low", "high", "center", "birthTime"}
TEXTES = ("text/plain", "text/html", "text/xml", "application/xml", "application/xhtml+xml")
PAGES = {b"%PDF": "pdf", b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}
PAGES_MAXIMUM = 100
RESOLUTION = 150
"""Points per inch of the pictures of the pages."""

_MOIS = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
_FORMES = re.compile(
    r"(?<![0-9a-z])[1-478][ .]?\d\d[ .]?[0-9]{2}[ .]?(?:\d\d|2[ab])[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d\d)?(?![0-9a-z])"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<!\d)(?:\+33 ?|0)[1-9](?:[ .-]?\d\d){4}(?!\d)"
)
"""What is an identity whatever the header says: an INS, an e-mail address, a telephone number."""


class Zone(NamedTuple):
    """A rectangle to hide on a page, on all of them for page 0, in percents of the page from its top left corner."""

    page: int
    x: float
    y: float
    largeur: float
    hauteur: float


def zone(texte: str) -> Zone:
    """Read a zone.

    Args:
        texte: ``PAGE:X,Y,LARGEUR,HAUTEUR``, percents of the page; ``*`` for all the pages.

    Raises:
        ErreurSocle: it is not written so, or is out of the page.
    """
    lu = re.fullmatch(r"(\d+|\*):([\d.]+),([\d.]+),([\d.]+),([\d.]+)", texte.replace(" ", ""))
    try:
        trouve = Zone(0 if lu[1] == "*" else int(lu[1]), *(float(lu[rang]) for rang in range(2, 6))) if lu else None
    except ValueError:
        trouve = None
    if trouve is None or not all(0 <= v <= 100 for v in trouve[1:]):
        raise ErreurSocle(
            f"Zone {texte} illisible : écrivez PAGE:X,Y,LARGEUR,HAUTEUR, en pour cent de la page (1:0,0,100,15, ou *:0,0,100,15 pour toutes)."
        )
    return trouve


def du_lac(entrepot: Path, exports: Path, finess: str, document_id: str) -> bytes:
    """Take a document out of the message that brought it; the lake only holds its header.

    Args:
        entrepot: the warehouse.
        exports: the landing zone that it was built from.
        finess: of the EJ.
        document_id: of a version, as the warehouse has it.

    Raises:
        ErreurSocle: no message brought that document, or its file is not there any more.
    """
    with ouvrir(entrepot) as connexion:
        trouve = connexion.execute(
            """
            select fichiers.fichier, documents.ligne_source % 10000000000, documents.numero
            from depot.dpi_hl7_documents as documents
            inner join depot.fichiers as fichiers
                on fichiers.flux = 'dpi/hl7' and fichiers.rang = documents.ligne_source // 10000000000
            where documents.finess_ej = ? and documents.document_id = ? and documents.etat = 'CDA'
            order by documents.ligne_source desc limit 1
            """,
            [finess, document_id],
        ).fetchone()
    if trouve is None:
        raise ErreurSocle(f"Aucun message de {finess} n’apporte le document {document_id} : donnez plutôt son fichier.")
    fichier, rang, numero = trouve
    with tempfile.TemporaryDirectory() as dossier:
        chemin, membre = archives.situer(str(exports / fichier))
        try:
            if archives.est_archive(chemin):
                archives.extraire(chemin, Path(dossier) / "messages", membre)
                chemin = str(Path(dossier) / "messages")
            brut = next((b for n, b in enumerate(hl7.decouper(chemin), start=1) if n == rang), None)
        except (OSError, archives.ArchiveIllisible):
            raise ErreurSocle(f"{fichier} n’est plus lisible dans {exports} : déposez-le à nouveau.") from None
    documents = hl7.documents_entiers(brut) if brut else []
    if len(documents) < numero:
        raise ErreurSocle(f"{fichier} a changé depuis la construction : relancez « socle run ».")
    return documents[numero - 1]


def masquer(document: bytes, zones: list[Zone]) -> bytes:
    """Mask a CDA.

    Args:
        document: its bytes.
        zones: what to hide of a body that is a page.

    Returns:
        The copy, in UTF-8.

    Raises:
        ErreurSocle: it is no CDA, or something of it cannot be masked.
    """
    analyseur = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        racine: Any = etree.fromstring(document, analyseur)
    except (etree.XMLSyntaxError, ValueError):
        racine = None
    if racine is None or racine.tag != f"{CDA}ClinicalDocument" or racine.getroottree().docinfo.doctype:
        raise ErreurSocle("Ce fichier n’est pas un document CDA R2 bien formé : choisissez-en un autre.")
    corps = racine.find(f"{CDA}component/*")
    if corps is None:
        raise ErreurSocle("Ce document n’a pas de corps : choisissez-en un autre.")
    traits = _Traits(racine)
    if not traits.valeurs:
        raise ErreurSocle("L’en-tête ne dit pas qui est le patient : rien ne garantirait que la copie le cache.")
    contenus = [(e, _contenu(e, traits, zones)) for e in racine.iter() if isinstance(e.tag, str) and _est_encode(e)]
    for element in racine.iter():
        if isinstance(element.tag, str):
            _masquer_element(element, traits, dans_le_corps=corps in (element, *element.iterancestors()))
    for element, contenu in contenus:
        element.text = contenu
    copie: bytes = etree.tostring(racine, xml_declaration=True, encoding="UTF-8")
    # A name spelt over several elements, a form that no rule took: nothing leaves that still says it.
    reste = traits.trouves("\n".join(_textes(racine)))
    if reste:
        raise ErreurSocle(f"{reste} identités restent lisibles après le masquage : ce document ne peut pas servir d’exemple.")
    return copie


def _nom(element: Any) -> str:
    return etree.QName(element).localname


def _est_une_organisation(element: Any) -> bool:
    return any(_nom(e).endswith(("Organization", "Custodian")) for e in (element, *element.iterancestors()))


def _plier(texte: str) -> str:
    """The text without its accents nor its capitals, sign for sign."""
    if texte.isascii():
        return texte.lower()
    return "".join(unicodedata.normalize("NFD", signe)[0].lower()[:1] or signe for signe in texte)


def _cacher(texte: str) -> str:
    return re.sub(r"\w", SIGNE, texte)


class _Traits:
    """What names the persons of a document, and where a text says it."""

    def __init__(self, racine: Any) -> None:
        self.valeurs = {v for v in map(_plier, self._relever(racine)) if v.strip(" x-")}
        longues = sorted((re.escape(v) for v in self.valeurs if len(v) >= 5), key=len, reverse=True)
        courtes = sorted((re.escape(v) for v in self.valeurs if len(v) < 5), key=len, reverse=True)
        formes = [_FORMES.pattern]
        if longues:
            formes.append("|".join(longues))
        if courtes:
            formes.append(rf"(?<!\w)(?:{'|'.join(courtes)})(?!\w)")
        self._motif = re.compile("|".join(formes))

    @staticmethod
    def _relever(racine: Any) -> Iterator[str]:
        for element in racine.iter(*(f"{CDA}{nom}" for nom in ("id", "name", "addr", "telecom", "birthTime"))):
            if _est_une_organisation(element):
                continue
            nom = _nom(element)
            if nom == "id":
                if len(element.get("extension", "")) >= 4:
                    yield element.get("extension")
            elif nom == "telecom":
                if numero := re.sub(r"^\w+:", "", element.get("value", "")):
                    yield numero
            elif nom == "birthTime":
                yield from _dates(element.get("value", ""))
            else:
                for texte in element.itertext():
                    mots = re.split(r"[\W_]+", texte.strip())
                    yield from (
                        mot for mot in [*mots, texte.strip()] if len(mot) >= 3 or (mot and len(mots) == 1 and nom == "name")
                    )

    def cacher(self, texte: str) -> str:
        """The text with every identity replaced, sign for sign."""
        plie = _plier(texte)
        morceaux, fin = [], 0
        for trouve in self._motif.finditer(plie):
            morceaux += [texte[fin : trouve.start()], _cacher(texte[trouve.start() : trouve.end()])]
            fin = trouve.end()
        return "".join([*morceaux, texte[fin:]])

    def trouves(self, texte: str) -> int:
        """How many identities a text still says, whatever separates its words."""
        plie = _plier(texte)
        serre = re.sub(r"[\W_]+", "", plie)
        longues = {re.sub(r"[\W_]+", "", v) for v in self.valeurs if len(v) >= 8}
        return len({t[0] for t in self._motif.finditer(plie) if re.sub(r"[\W_x]+", "", t[0])}) + sum(
            v in serre for v in longues if len(v) >= 8
        )


def _dates(valeur: str) -> Iterator[str]:
    """The ways in which a day is written."""
    if lu := re.match(r"(\d{4})(\d{2})(\d{2})", valeur):
        annee, mois, jour = lu.groups()
        yield from (f"{annee}{mois}{jour}", f"{annee}-{mois}-{jour}")
        yield from (f"{jour}{s}{mois}{s}{a}" for s in "/-. " for a in (annee, annee[2:]))
        yield from (f"{j} {_MOIS[(int(mois) - 1) % 12]} {annee}" for j in (jour, str(int(jour))))


def _masquer_element(element: Any, traits: _Traits, dans_le_corps: bool) -> None:
    nom, organisation = _nom(element), _est_une_organisation(element)
    parents = {_nom(e) for e in element.iterancestors()} | {nom}
    identite = not organisation and bool(parents & (NOMS | COORDONNEES))
    for attribut, valeur in list(element.attrib.items()):
        if organisation or attribut.startswith("{"):
            continue
        if nom in ("id", "setId") and attribut == ("extension" if element.get("extension") else "root"):
            valeur = _cacher(valeur)
        elif identite and attribut == "value":
            scheme, deux_points, reste = valeur.rpartition(":")
            valeur = scheme + deux_points + _cacher(reste)
        elif nom == "administrativeGenderCode" and attribut in ("code", "displayName"):
            valeur = _cacher(valeur)
        elif nom in DATES and attribut == "value":
            valeur = _cacher(valeur) if nom == "birthTime" else valeur[:4] + _cacher(valeur[4:])
        elif not (nom in ("templateId", "typeId") or attribut in ("root", "codeSystem")):
            valeur = traits.cacher(valeur)
        element.set(attribut, valeur)
    if element.text and not organisation:
        garde = (dans_le_corps and not identite) or nom in GARDES
        element.text = traits.cacher(element.text) if garde else _cacher(element.text)
    if element.tail and not organisation:
        element.tail = traits.cacher(element.tail)


def _est_encode(element: Any) -> bool:
    texte = re.sub(r"\s", "", element.text or "")
    return element.get("representation") == "B64" or (
        _nom(element) == "text" and _nom(element.getparent()) == "nonXMLBody" and element.get("mediaType", "").startswith(("app", "im"))
    ) or bool(len(texte) > 400 and re.fullmatch(r"[A-Za-z0-9+/]+=*", texte))  # fmt: skip


def _contenu(element: Any, traits: _Traits, zones: list[Zone]) -> str:
    """The masked content of an element that holds another document."""
    try:
        octets = base64.b64decode(re.sub(r"\s", "", element.text or ""), validate=True)
    except binascii.Error:
        raise ErreurSocle("Un contenu joint n’est pas en base64 : il ne peut pas être masqué.") from None
    forme = next((nom for debut, nom in PAGES.items() if octets.lstrip()[:8].startswith(debut)), None)
    if forme:
        return base64.b64encode(_en_images(octets, forme, zones)).decode()
    media = element.get("mediaType", "")
    if media not in TEXTES:
        raise ErreurSocle(f"Un contenu joint est de type {media or 'inconnu'} : il ne peut pas être masqué.")
    try:
        texte = octets.decode()
    except UnicodeDecodeError:
        texte = octets.decode("cp1252", errors="replace")
    masque = traits.cacher(texte)
    if traits.trouves(re.sub(r"<[^>]*>", " ", masque)):
        raise ErreurSocle("Des identités restent lisibles dans un texte joint : ce document ne peut pas servir d’exemple.")
    return base64.b64encode(masque.encode()).decode()


def _en_images(octets: bytes, forme: str, zones: list[Zone]) -> bytes:
    """A PDF whose pages are pictures of those of a document, without its text, its metadata nor the zones to hide."""
    if not zones:
        raise ErreurSocle(
            "Le corps est une page mise en forme, où rien ne dit où sont les traits : indiquez par --cacher PAGE:X,Y,LARGEUR,HAUTEUR"
            " (en pour cent) les zones des traits et une partie du datamatrix."
        )
    with tempfile.TemporaryDirectory() as nom:
        dossier = Path(nom)
        (dossier / f"source.{forme}").write_bytes(octets)
        images = 0
        while images < PAGES_MAXIMUM:
            page = f", page: {images + 1}" if forme == "pdf" else ""
            caches = "".join(
                f"#place(top + left, dx: {z.x}% , dy: {z.y}%, rect(width: {z.largeur}%, height: {z.hauteur}%, fill: black))"
                for z in zones
                if z.page in (0, images + 1)
            )
            gabarit = (
                "#set page(width: auto, height: auto, margin: 0pt)\n#context { let i = image(\"source." + forme + '"' + page + ")\n"
                "let m = measure(i)\nblock(width: m.width, height: m.height)[#place(top + left, i)" + caches + "] }"
            )  # fmt: skip
            try:
                image = typst.compile(gabarit.encode(), format="png", ppi=RESOLUTION, root=nom, ignore_system_fonts=True)
            except typst.TypstError:
                break
            images += 1
            (dossier / f"{images}.png").write_bytes(image)  # type: ignore[arg-type]
            if forme != "pdf":
                break
        if not images or max(z.page for z in zones) > images:
            raise ErreurSocle(f"La page à cacher n’existe pas, ou le corps est illisible ({images} pages lues).")
        if vues := [n for n in range(1, images + 1) if not {0, n} & {z.page for z in zones}]:
            raise ErreurSocle(
                f"La page {vues[0]} n’a aucune zone à cacher : ses traits resteraient lisibles (*: pour toutes les pages)."
            )
        pages = "#pagebreak()\n".join(f'#image("{n}.png")\n' for n in range(1, images + 1))
        return typst.compile(  # type: ignore[return-value]
            f"#set page(width: auto, height: auto, margin: 0pt)\n{pages}".encode(),
            format="pdf",
            root=nom,
            ignore_system_fonts=True,
        )


def _textes(racine: Any) -> Iterator[str]:
    """Every text and attribute of a document that is not of an organisation."""
    for element in racine.iter():
        if isinstance(element.tag, str) and not _est_une_organisation(element) and not _est_encode(element):
            yield from (v for a, v in element.attrib.items() if a not in ("root", "codeSystem") and not a.startswith("{"))
            yield element.text or ""
            yield element.tail or ""
