"""The anonymised example of a document: what it hides, what it keeps, what it refuses."""

from __future__ import annotations

import base64
import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import typst
from click.testing import CliRunner
from lxml import etree
from pypdf import PdfReader

from socle.cli import main
from socle.dossier import exemple
from socle.lecture import hl7
from socle.lecture.hl7 import document_d_un_fichier
from socle.parametres import ErreurSocle

INS = "279035121518989"
ENTETE = f"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="1.2.250.1.213.1.1.1.29" extension="2022.01"/><id root="1.2.3.4" extension="DOC-778899"/>
<code code="11490-0" codeSystem="2.16.840.1.113883.6.1"/><title>Lettre de liaison</title><!-- Dominique Étienne-Faÿ -->
<effectiveTime value="20230812103000+0200"/><recordTarget><patientRole><id root="1.2.250.1.213.1.4.10" extension="{INS}"/>
<id root="1.2.250.1.213.999.2" extension="IPP004512"/><addr><streetName>rue des Orfèvres</streetName><city>Quimperlé</city></addr>
<telecom value="tel:0612345678"/><patient><name><family qualifier="BR">ÉTIENNE-FAŸ</family><given>Dominique</given></name>
<administrativeGenderCode code="F" displayName="Féminin"/><birthTime value="19790328"/></patient></patientRole></recordTarget>
<author><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="810012345678"/><assignedPerson><name><family>KERVELLA</family>
<given>Yann</given></name></assignedPerson><representedOrganization><id root="1.2.250.1.71.4.2.2" extension="1299999000"/>
<name>Centre hospitalier de Porto-Verdo</name></representedOrganization></assignedAuthor></author><component>"""
PIED = "</component></ClinicalDocument>"
SECRETS = ("etienne", "dominique", "kervella", "yann", INS, "IPP004512", "778899", "810012345678", "0612345678", "orfevres",
           "quimperle", "19790328", "28/03/1979", "28 mars 1979", "0298112233", "j.martin@orange.fr")  # fmt: skip


def cda(corps: str) -> bytes:
    return (ENTETE + corps + PIED).encode()


def narratif(texte: str) -> bytes:
    return cda(f"<structuredBody><component><section><text>{texte}</text></section></component></structuredBody>")


def joint(octets: bytes, media: str = "application/pdf") -> bytes:
    contenu = base64.b64encode(octets).decode()
    return cda(f'<nonXMLBody><text mediaType="{media}" representation="B64">{contenu}</text></nonXMLBody>')


def dit(copie: bytes) -> str:
    return exemple._plier(copie.decode())


TEXTE = (
    "Mme Etienne-Fay Dominique, née le 28/03/1979 (28 mars 1979), INS 2 79 03 51 215 189 89, ETIENNE FAY, suivie par le"
    " Dr Kervella ; IPP004512 ; tél. 02 98 11 22 33 ; j.martin@orange.fr ; IS010000000279035121518989S2DOMINIQUES3ETIENNE."
    " Pneumopathie franche lobaire aiguë, amoxicilline 1 g."
)


@pytest.mark.parametrize(
    "document", [narratif(TEXTE), joint(f"<p>{TEXTE}</p>".encode(), "text/html"), joint(TEXTE.encode("cp1252"), "text/plain")]
)
def test_rien_de_ce_qui_nomme_une_personne_ne_reste(document: bytes) -> None:
    copie = exemple.masquer(document, [])
    racine = etree.fromstring(copie)
    encode = racine.find(".//{*}nonXMLBody/{*}text")
    contenu = copie if encode is None else copie.replace(encode.text.encode(), b"") + base64.b64decode(encode.text)
    texte = exemple._plier(contenu.decode("utf-8"))
    serre = re.sub(r"[\W_]+", "", texte)
    for secret in SECRETS:
        assert exemple._plier(secret) not in texte and re.sub(r"[\W_]+", "", exemple._plier(secret)) not in serre, secret
    # The example still shows a complete document, with the place of the INS, in the establishment's name.
    assert "pneumopathie franche lobaire" in texte and "porto-verdo" in texte and "1299999000" in texte
    assert racine.find(".//{*}patientRole/{*}id").attrib == {"root": "1.2.250.1.213.1.4.10", "extension": "X" * 15}
    assert racine.findtext("{*}title") == "Lettre de liaison" and racine.find("{*}code").get("code") == "11490-0"
    assert racine.find(".//{*}templateId").get("extension") == "2022.01"


def test_le_fichier_et_l_archive_donnent_le_document() -> None:
    document = narratif(TEXTE)
    assert document_d_un_fichier(document) == document
    assert document_d_un_fichier(base64.b64encode(document)) == document
    assert document_d_un_fichier(b"\x00\x01") in (b"", b"\x00\x01")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"MSH|^~\\&|", "n’est pas un document CDA"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]>' + narratif("&amp;"), "n’est pas un document CDA"),
        ((ENTETE + PIED.removeprefix("</component>")).replace("<component>", "").encode(), "n’a pas de corps"),
        (
            re.sub(rb"<recordTarget>.*?</author>", b"", narratif("Dominique"), flags=re.DOTALL).replace(b"DOC-778899", b""),
            "qui est le patient",
        ),
        (joint(b"{\\rtf1 Dominique}", "text/rtf"), "type text/rtf"),
        (joint(b"GIF89a....", "image/gif"), "type image/gif"),
        (joint(b"%PDF-1.7", "application/pdf"), "--cacher PAGE"),
        (cda('<nonXMLBody><text mediaType="application/pdf" representation="B64">__TRONQUE__</text></nonXMLBody>'), "base64"),
        # A name spelt over elements of the narrative.
        (narratif("<content>Domi</content><content>nique</content>, une amie"), "restent lisibles"),
        (
            narratif("patiente <content>Étienne</content> <content>- Faÿ</content>, I N S : 2790 3512 1518 989"),
            "restent lisibles",
        ),
    ],
)
def test_ce_qui_ne_se_masque_pas_est_refuse(document: bytes, message: str) -> None:
    with pytest.raises(ErreurSocle, match=message):
        exemple.masquer(document, [])


def test_une_page_devient_son_image_sans_les_zones() -> None:
    pdf = typst.compile("#set page(width: 10cm, height: 6cm)\nDominique ÉTIENNE-FAŸ\n#pagebreak()\nDominique, page 2".encode())
    with pytest.raises(ErreurSocle, match="La page 2 n’a aucune zone"):
        exemple.masquer(joint(pdf), [exemple.zone("1:0,0,100,30")])
    with pytest.raises(ErreurSocle, match="n’existe pas"):
        exemple.masquer(joint(pdf), [exemple.zone("3:0,0,100,30"), exemple.zone("*:0,0,1,1")])
    copie = exemple.masquer(joint(pdf), [exemple.zone("*:0,0,100,30")])
    page = etree.fromstring(copie).findtext(".//{*}nonXMLBody/{*}text")
    lecteur = PdfReader(io.BytesIO(base64.b64decode(page)))
    assert len(lecteur.pages) == 2 and not "".join(p.extract_text() for p in lecteur.pages).strip()
    assert "dominique" not in dit(copie) and "/Font" not in lecteur.pages[0]["/Resources"]
    with pytest.raises(ErreurSocle, match="Zone 1:0 illisible"):
        exemple.zone("1:0")
    with pytest.raises(ErreurSocle, match="illisible"):
        exemple.zone("1:0,0,200,30")


def message(document: bytes) -> bytes:
    contenu = base64.b64encode(document).decode()
    return "\r".join(
        (
            "MSH|^~\\&|DPI|CH|PFI|CH|20230812||MDM^T02|1|P|2.5",
            "PID|1||IPP004512",
            f"OBX|1|ED|11490-0||^text^XML^Base64^{contenu}||||||F",
            "",
        )
    ).encode()


@pytest.mark.parametrize("nom", ["doc_202308.hl7", "doc_202308.hl7.gz"])
def test_un_document_du_lac(tmp_path: Path, nom: str) -> None:
    (tmp_path / "E" / "dpi" / "hl7").mkdir(parents=True)
    # More than what the reader looks at of a header: the document is taken out whole.
    long = narratif("Pneumopathie. " * (hl7.ENTETE_CDA_MAXIMAL // 12))
    messages = message(cda("<nonXMLBody/>")) + message(long)
    chemin = tmp_path / "E" / "dpi" / "hl7" / nom
    chemin.write_bytes(gzip.compress(messages) if nom.endswith(".gz") else messages)
    entrepot = tmp_path / "entrepot.duckdb"
    with duckdb.connect(str(entrepot)) as connexion:
        connexion.execute("create schema depot; create schema qualite")
        connexion.execute("create table qualite.execution as select '1' as execution_id, today() as date_extraction")
        connexion.execute(
            "create table depot.fichiers as select 'dpi/hl7' as flux, 16 as rang, $1 as fichier"
            " union all select 'gam/hl7', 16, 'autre' union all select 'dpi/hl7', 17, 'autre'",
            [f"E/dpi/hl7/{nom}"],
        )
        connexion.execute(
            "create table depot.dpi_hl7_documents as select 'E' as finess_ej, 'D2' as document_id, 'CDA' as etat, 1 as numero,"
            " 160000000002 as ligne_source union all select 'E', 'NON_CDA', 'NON_CDA', 1, 160000000001"
            " union all select 'E', 'TROP', 'CDA', 1, 160000000009"
        )
    brut = exemple.du_lac(entrepot, tmp_path, "E", "D2")
    assert brut == long
    for finess, document_id, dit_quoi in (("E", "ABSENT", "Aucun message de E"), ("F", "D2", "Aucun message de F"),
                                          ("E", "NON_CDA", "Aucun message de E"), ("E", "TROP", "a changé depuis")):  # fmt: skip
        with pytest.raises(ErreurSocle, match=dit_quoi):
            exemple.du_lac(entrepot, tmp_path, finess, document_id)
    chemin.unlink()
    with pytest.raises(ErreurSocle, match="n’est plus lisible"):
        exemple.du_lac(entrepot, tmp_path, "E", "D2")


@pytest.mark.parametrize(
    "dommage", [lambda octets: octets[:40], lambda octets: octets[:8] + bytes(len(octets) - 16) + octets[-8:]]
)
def test_un_fichier_du_lac_abime_est_dit_en_une_ligne(
    dommage: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever reads it: what the door to the warehouse cannot see before a page is read is told all the same."""
    lu = tmp_path / "fichiers.parquet"
    with duckdb.connect(str(tmp_path / "entrepot.duckdb")) as connexion:
        connexion.execute("create schema depot; create schema qualite")
        connexion.execute("create table qualite.execution as select '1' as execution_id, today() as date_extraction")
        connexion.execute(
            "copy (select 'dpi/hl7' as flux, 0 as rang, 'f' as fichier, 'E' as finess_ej, 'D2' as document_id, 'CDA' as etat,"
            f" 1 as numero, range as ligne_source from range(1000)) to '{lu}'"
        )
        for vue in ("fichiers", "dpi_hl7_documents"):
            connexion.execute(f"create view depot.{vue} as from read_parquet('{lu}')")
    lu.write_bytes(dommage(lu.read_bytes()))
    monkeypatch.setenv("SOCLE_SORTIE", str(tmp_path))
    monkeypatch.setenv("SOCLE_EXPORTS", str(tmp_path))
    arguments = ["exemple-cda", "--finess", "E", "--document", "D2", "--vers", str(tmp_path / "exemple.xml")]
    resultat = CliRunner().invoke(main, arguments)
    assert resultat.exit_code == 1 and "Traceback" not in resultat.output
    assert re.search(r"socle : Lecture arrêtée \(.+\) : relancez « socle run »", resultat.output), resultat.output


def test_la_commande_ecrit_une_copie_protegee(tmp_path: Path) -> None:
    (tmp_path / "lettre.xml").write_bytes(narratif(TEXTE))
    arguments = ["exemple-cda", str(tmp_path / "lettre.xml"), "--vers", str(tmp_path / "exemple.xml")]
    resultat = CliRunner().invoke(main, arguments)
    assert resultat.exit_code == 0, resultat.output
    assert (tmp_path / "exemple.xml").stat().st_mode & 0o777 == 0o600
    assert "etienne" not in dit((tmp_path / "exemple.xml").read_bytes())
    assert CliRunner().invoke(main, ["exemple-cda", "--vers", str(tmp_path / "autre.xml")]).exit_code == 1
    assert not (tmp_path / "autre.xml").exists()
