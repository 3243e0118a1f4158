import base64
import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from lxml import etree

from demo import DossierOccupe, ecrire
from socle import graines
from socle.cli import main
from socle.lecture.contrat import contrat

PARTAGE = Path(os.environ.get("SOCLE_SHARED", Path(__file__).parents[2].parent / "shared"))
avec_partage = pytest.mark.skipif(not PARTAGE.is_dir(), reason="dossier partagé absent")


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    dossier = tmp_path_factory.mktemp("demo") / "exports"
    return ecrire(dossier)


def empreintes(dossier: Path) -> dict[str, str]:
    return {
        str(f.relative_to(dossier)): hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(dossier.rglob("*")) if f.is_file()
    }


def lire(fichier: Path) -> tuple[list[str], list[list[str]]]:
    """Lit un export tabulaire quelle que soit sa variante."""
    if fichier.suffix == ".parquet":
        table = pq.read_table(fichier)
        return table.column_names, [[_texte(v) for v in ligne.values()] for ligne in table.to_pylist()]
    octets = fichier.read_bytes()
    try:
        texte = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        texte = octets.decode("cp1252")
    entete = texte.split("\n", 1)[0].rstrip("\r")
    separateur = max(";,\t", key=entete.count)
    lignes = list(csv.reader(io.StringIO(texte, newline=""), delimiter=separateur))
    return lignes[0], lignes[1:]


def _texte(valeur) -> str:
    return "" if valeur is None else str(valeur).lower() if isinstance(valeur, bool) else str(valeur)


def jour(texte: str) -> date | None:
    if not texte:
        return None
    if "/" in texte[:10]:
        return date(int(texte[6:10]), int(texte[3:5]), int(texte[:2]))
    return date.fromisoformat(texte[:10])


def table(demo, finess: str, flux: str, cle: tuple[str, ...]) -> dict:
    """Dernier état de chaque clé, sans les lignes fautives plantées."""
    fautives = {(r.fichier, r.ligne) for r in demo.rejets_attendus}
    etat = {}
    for fichier in sorted((demo.dossier / finess).glob(f"{flux}_2*")):
        colonnes, lignes = lire(fichier)
        for numero, ligne in enumerate(lignes, start=2):
            if (str(fichier.relative_to(demo.dossier)), numero) in fautives:
                continue
            valeurs = dict(zip(colonnes, ligne, strict=True))
            etat[tuple(valeurs[c] for c in cle)] = valeurs
    return etat


def lignes_pmsi(demo, finess: str, motif: str) -> list[str]:
    fautives = {(r.fichier, r.ligne) for r in demo.rejets_attendus}
    resultat = []
    for fichier in sorted((demo.dossier / finess / "pmsi").glob(motif)):
        chemin = str(fichier.relative_to(demo.dossier))
        for numero, ligne in enumerate(fichier.read_bytes().decode("ascii").split("\r\n"), start=1):
            if ligne and (chemin, numero) not in fautives:
                resultat.append(ligne)
    return resultat


def jjmmaaaa(texte: str) -> date | None:
    return date(int(texte[4:]), int(texte[2:4]), int(texte[:2])) if texte.strip() else None


def test_memes_arguments_memes_octets(tmp_path):
    for nom in "ab":
        ecrire(tmp_path / nom, echelle=0.2, graine=7)
    ecrire(tmp_path / "c", echelle=0.05, graine=8, taille={"ej": 1})
    assert empreintes(tmp_path / "a") == empreintes(tmp_path / "b")
    assert empreintes(tmp_path / "a") != empreintes(tmp_path / "c")


def test_remplace_une_demonstration_et_rien_d_autre(tmp_path):
    ecrire(tmp_path / "exports", echelle=0.05, taille={"ej": 1})
    (tmp_path / "exports" / "reste.txt").write_text("x")
    ecrire(tmp_path / "exports", echelle=0.05, taille={"ej": 1})
    assert not (tmp_path / "exports" / "reste.txt").exists()
    (tmp_path / "autre").mkdir()
    (tmp_path / "autre" / "important.csv").write_text("x")
    with pytest.raises(DossierOccupe):
        ecrire(tmp_path / "autre", echelle=0.05, taille={"ej": 1})
    assert (tmp_path / "autre" / "important.csv").read_text() == "x"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_une_colonne_nouvelle_du_contrat_n_est_pas_ecrite(tmp_path, monkeypatch):
    """What the activity does not tell is no column of the files; nobody waits for the demonstration to add one."""
    monkeypatch.setattr(graines, "DOSSIER", shutil.copytree(graines.DOSSIER, tmp_path / "seeds"))
    for obligatoire in ("non", "oui"):
        with graines.chemin("contrat_flux").open("a", encoding="utf-8") as seed:
            seed.write(f"gam/venues,99,essai_{obligatoire},varchar,,{obligatoire},UN | AUTRE,,,,Essai\n")
        contrat.cache_clear()
        try:
            if obligatoire == "non":
                ecrire(tmp_path / "exports", echelle=0.05, taille={"ej": 1})
            else:
                with pytest.raises(KeyError, match="essai_oui"):
                    ecrire(tmp_path / "autres", echelle=0.05, taille={"ej": 1})
        finally:
            contrat.cache_clear()
    entete = next((tmp_path / "exports").glob("*/gam/venues_2*.csv")).read_text(encoding="utf-8-sig").splitlines()[0]
    assert "iep" in entete and "consultation_medicale" in entete and "essai" not in entete


def test_taille_par_defaut(demo):
    assert demo.octets < 15e6
    assert demo.octets == sum(f.stat().st_size for f in demo.dossier.rglob("*") if f.is_file())
    assert demo.fichiers == sum(1 for f in demo.dossier.rglob("*") if f.is_file())
    venues = sum(len(table(demo, f, "gam/venues", ("iep",))) for f in demo.etablissements)
    assert 3000 <= venues <= 5500


@avec_partage
def test_tous_les_flux_et_toutes_les_colonnes_du_contrat(demo):
    contrat = defaultdict(list)
    obligatoires = defaultdict(set)
    valeurs = {}
    with (PARTAGE / "contract" / "flux.csv").open(encoding="utf-8") as f:
        for ligne in csv.DictReader(f, delimiter=";"):
            contrat[ligne["flux"]].append(ligne["colonne"])
            if ligne["obligatoire"] == "oui":
                obligatoires[ligne["flux"]].add(ligne["colonne"])
            if ligne["valeurs"]:
                valeurs[ligne["flux"], ligne["colonne"]] = {v.strip() for v in ligne["valeurs"].split("|")}
    fautives = {(r.fichier, r.ligne) for r in demo.rejets_attendus}
    for finess in demo.etablissements:
        for flux, colonnes in contrat.items():
            fichiers = list((demo.dossier / finess).glob(f"{flux}_2*"))
            assert fichiers, (finess, flux)
            for fichier in fichiers:
                lues, lignes = lire(fichier)
                assert set(lues) - {"colonne_locale"} == set(colonnes), fichier
                chemin = str(fichier.relative_to(demo.dossier))
                for numero, ligne in enumerate(lignes, start=2):
                    if (chemin, numero) in fautives:
                        continue
                    for colonne, valeur in zip(lues, ligne, strict=True):
                        assert valeur or colonne not in obligatoires[flux], (chemin, numero, colonne)
                        permises = valeurs.get((flux, colonne))
                        assert not valeur or not permises or valeur in permises, (chemin, numero, colonne, valeur)


def test_variantes_du_terrain(demo):
    fichiers = [f for f in demo.dossier.rglob("*.csv") if f.name != "etablissements.csv"]
    contenus = {f: f.read_bytes() for f in fichiers}
    assert any(f.suffix == ".parquet" for f in demo.dossier.rglob("*"))
    assert any(c.startswith(b"\xef\xbb\xbf") for c in contenus.values())
    assert any(b"\r\n" in c for c in contenus.values())
    entetes = [c.split(b"\n", 1)[0] for c in contenus.values()]
    assert any(e.count(b",") > 3 for e in entetes) and any(e.count(b"\t") > 3 for e in entetes)
    assert any(b"colonne_locale" in e for e in entetes)

    def en_cp1252(contenu: bytes) -> bool:
        try:
            contenu.decode("utf-8")
        except UnicodeDecodeError:
            return "é" in contenu.decode("cp1252")
        return False

    assert any(en_cp1252(c) for c in contenus.values())
    assert any(b"/2023" in c for c in contenus.values())
    assert demo.fichiers_inconnus and all((demo.dossier / f).is_file() for f in demo.fichiers_inconnus)


def test_lignes_fautives_annoncees(demo):
    motifs = Counter(r.motif for r in demo.rejets_attendus)
    assert {
        "TYPE_ILLISIBLE", "HORS_VALEURS", "OBLIGATOIRE_VIDE", "NOMBRE_DE_CHAMPS", "DATES_INCOHERENTES",
        "LONGUEUR_INVALIDE", "VERSION_INCONNUE",
    } <= set(motifs)  # fmt: skip
    tabulaires = [r for r in demo.rejets_attendus if r.fichier.endswith(".csv")]
    lignes = sum(n for flux, n in demo.lignes.items() if not flux.startswith("pmsi/"))
    assert 0.0002 < len(tabulaires) / lignes < 0.003
    for rejet in tabulaires:
        colonnes, contenu = lire(demo.dossier / rejet.fichier)
        ligne = contenu[rejet.ligne - 2]
        if rejet.motif == "NOMBRE_DE_CHAMPS":
            assert len(ligne) != len(colonnes)
        elif rejet.motif == "OBLIGATOIRE_VIDE":
            assert ligne[colonnes.index(rejet.colonne)] == ""


def test_fichiers_successifs_se_recouvrent(demo):
    for finess in demo.etablissements:
        for flux, cle in (("gam/venues", ("iep",)), ("dpi/transmissions_dmp", ("transmission_id",))):
            vus = Counter()
            for fichier in (demo.dossier / finess).glob(f"{flux}_2*"):
                colonnes, lignes = lire(fichier)
                vus.update({tuple(ligne[colonnes.index(c)] for c in cle) for ligne in lignes if len(ligne) > 3})
            assert any(n > 1 for n in vus.values()), (finess, flux)


def cle_nir(matricule: str) -> bool:
    chiffres = matricule[:13].replace("2A", "19").replace("2B", "18")
    return len(matricule) == 15 and int(matricule[13:]) == 97 - int(chiffres) % 97


def test_matricules(demo):
    for finess in demo.etablissements:
        patients = table(demo, finess, "gam/patients", ("ipp",)).values()
        avec = [p["ins_matricule"] for p in patients if p["ins_matricule"]]
        justes = sum(map(cle_nir, avec))
        assert 0.97 * len(avec) <= justes <= len(avec)
    tous = [p for f in demo.etablissements for p in table(demo, f, "gam/patients", ("ipp",)).values() if p["ins_matricule"]]
    assert any(not cle_nir(p["ins_matricule"]) for p in tous)
    # Un matricule qualifié a toujours la bonne longueur : seule sa clé peut être fausse.
    assert all(len(p["ins_matricule"]) == 15 for p in tous if p["statut_identite"] == "QUALIFIEE")


def test_imperfections_presentes_partout(demo):
    statuts = set()
    for finess in demo.etablissements:
        transmissions = table(demo, finess, "dpi/transmissions_dmp", ("transmission_id",)).values()
        documents = table(demo, finess, "dpi/documents", ("document_id",))
        statuts |= {t["statut"] for t in transmissions}
        assert {"AJOUT", "REMPLACEMENT"} <= {t["operation"] for t in transmissions}
        assert any((t["document_id"],) not in documents for t in transmissions) or len(transmissions) < 600
        assert any(not d["iep"] for d in documents.values())
        assert any(not d["niveau_cda"] for d in documents.values())
        assert any(d["numerise"] in ("true", "1", "oui") for d in documents.values())
        assert any(int(d["version"]) > 1 for d in documents.values())
        venues = table(demo, finess, "gam/venues", ("iep",)).values()
        assert any(not v["date_sortie"] for v in venues if v["champ"] in ("MCO", "SMR", "PSY", "HAD"))
        ipps = {p[0] for p in table(demo, finess, "gam/patients", ("ipp",))}
        assert any(
            s["statut_dmp"] == "INEXISTANT" for s in table(demo, finess, "gam/statuts_dmp", ("ipp", "date_constat")).values()
        )
        assert len(ipps) > 100
    assert statuts == {"REUSSI", "ECHEC", "EN_COURS", "INCONNU"}


def test_series_de_seances(demo):
    vues = Counter()
    for finess in demo.etablissements:
        series = Counter()
        for v in table(demo, finess, "gam/venues", ("iep",)).values():
            if v["mode_hospitalisation"] == "SEANCE":
                vues[v["type_seance"]] += 1
                series[v["ipp"], v["type_seance"]] += 1
        if series:
            assert min(series.values()) < 3 <= max(series.values())
    assert set(vues) == {"DIALYSE", "CHIMIOTHERAPIE", "RADIOTHERAPIE", "AUTRE"}


def test_numeros_de_sejour_partages(demo):
    for finess in (demo.etablissements[0], demo.etablissements[2]):
        groupes = defaultdict(list)
        for v in table(demo, finess, "gam/venues", ("iep",)).values():
            if v["numero_sejour"]:
                groupes[v["numero_sejour"]].append(v)
        assert any(len(g) > 1 for g in groupes.values())
        for g in groupes.values():
            assert len({(v["ipp"], v["champ"]) for v in g}) == 1


def taux_mensuel(demo, finess: str) -> list[float]:
    """Part des séjours clos dont une lettre N1 avec INS a été reçue par le DMP, par trimestre."""
    documents = table(demo, finess, "dpi/documents", ("document_id",))
    envoyes = {
        t["document_id"]
        for t in table(demo, finess, "dpi/transmissions_dmp", ("transmission_id",)).values()
        if t["statut"] == "REUSSI" and t["operation"] != "SUPPRESSION"
    }
    bons = {
        d["iep"]
        for d in documents.values()
        if d["type_code"] == "11490-0" and d["niveau_cda"] == "N1" and d["ins_qualifiee"] in ("true", "1")
        and d["document_id"] in envoyes
    }  # fmt: skip
    comptes = defaultdict(lambda: [0, 0])
    for v in table(demo, finess, "gam/venues", ("iep",)).values():
        sortie = jour(v["date_sortie"])
        if v["champ"] in ("MCO", "SMR", "PSY") and v["mode_hospitalisation"] != "SEANCE" and sortie:
            if sortie >= date(2022, 11, 1):
                mois = (sortie.year - 2022) * 12 + sortie.month - 11
                comptes[mois // 3][0] += v["iep"] in bons
                comptes[mois // 3][1] += 1
    return [n / d for _, (n, d) in sorted(comptes.items()) if d > 20]


def test_les_taux_montent(demo):
    finaux = []
    for finess in demo.etablissements:
        taux = taux_mensuel(demo, finess)
        assert taux[-1] > taux[0] + 0.02, (finess, taux)
        finaux.append(max(taux[-2:]))
    assert finaux[0] > finaux[1] > finaux[2]


def test_comptes_proportionnels_a_l_echelle(tmp_path):
    petit = ecrire(tmp_path / "p", echelle=0.5, taille={"fichiers_petits": 1}).lignes
    grand = ecrire(tmp_path / "g", echelle=2.0, taille={"fichiers_petits": 1}).lignes
    for flux in ("gam/venues", "dpi/documents", "dpi/transmissions_mss", "dpi/prescriptions", "pmsi/rss"):
        assert 3.2 < grand[flux] / petit[flux] < 4.9, (flux, grand[flux] / petit[flux])


def test_nombre_d_etablissements(tmp_path):
    b = ecrire(tmp_path / "e", echelle=0.05, taille={"ej": 5, "fichiers": 1, "fichiers_petits": 1})
    assert len(b.etablissements) == len(set(b.etablissements)) == 5
    assert all(len(f) == 9 for f in b.etablissements)


# --- PMSI ---


def test_rss_coherents_avec_la_gam(demo):
    for finess in demo.etablissements[:2]:
        venues = table(demo, finess, "gam/venues", ("iep",))
        prevues = {d.iep: d.nature for d in demo.differences if d.finess_ej == finess and d.champ == "MCO"}
        sejours = defaultdict(dict)
        for ligne in lignes_pmsi(demo, finess, "mco/*.rss.txt"):
            sejours[ligne[27:47].strip()][ligne[67:77].strip()] = ligne
        vidhosp = lignes_pmsi(demo, finess, "mco/*.vidhosp.txt")
        ipps = {ligne[28:48].strip(): ligne[353:373].strip() for ligne in vidhosp}
        vus = set()
        for rums in sejours.values():
            premier, dernier = rums["1"], rums[max(rums, key=int)]
            nda = premier[47:67].strip()
            vus.add(nda)
            if prevues.get(nda) == "SEUL_PMSI":
                assert (nda,) not in venues
                continue
            venue = venues[nda,]
            memes = (jjmmaaaa(premier[92:100]), jjmmaaaa(dernier[102:110])) == (
                jour(venue["date_entree"]), jour(venue["date_sortie"]),
            )  # fmt: skip
            assert memes == (prevues.get(nda) != "DATES"), nda
            assert (nda in ipps) == (prevues.get(nda) != "SANS_IPP")
            if nda in ipps:
                assert ipps[nda] == venue["ipp"]
            assert (premier[2:4] == "28") == (venue["mode_hospitalisation"] == "SEANCE")
            if venue["mode_hospitalisation"] == "SEANCE":
                assert len(rums) == 1
                assert int(premier[131:133]) == int(venue["nb_seances"] or 1)
            assert premier[86:90] == venue["uf"]
        clos = {
            iep for (iep,), v in venues.items() if v["champ"] == "MCO" and v["date_sortie"] and jour(v["date_sortie"]) <= demo.fin
        }
        assert clos - vus == {i for i, nature in prevues.items() if nature == "SEUL_GAM"}
        assert any(len(r) > 1 for r in sejours.values())
        natures = set(prevues.values())
        assert {"SEUL_GAM", "SEUL_PMSI", "DATES", "SANS_IPP", "EN_COURS"} <= natures


def test_chirurgie_connue_des_deux_cotes(demo):
    finess = demo.etablissements[0]
    dpi = {i["iep"] for i in table(demo, finess, "dpi/interventions", ("intervention_id",)).values()
           if i["chirurgicale"] == "true"}  # fmt: skip
    pmsi = {ligne[47:67].strip() for ligne in lignes_pmsi(demo, finess, "mco/*.rss.txt") if ligne[4] == "C"}
    assert len(dpi & pmsi) > 0.85 * len(dpi | pmsi)
    assert pmsi - dpi


def sejours_gam(demo, finess: str) -> dict:
    """Séjours de la GAM hors MCO : (champ, plus petit iep) -> (ipp, entrée, sortie, ieps)."""
    groupes = defaultdict(list)
    for v in table(demo, finess, "gam/venues", ("iep",)).values():
        if v["champ"] in ("SMR", "PSY", "HAD"):
            groupes[v["champ"], v["ipp"], v["numero_sejour"] or v["iep"]].append(v)
    resultat = {}
    for (champ, ipp, _), venues in groupes.items():
        sorties = [jour(v["date_sortie"]) for v in venues]
        ouvert = any(s is None or s > demo.fin for s in sorties)
        ieps = sorted(v["iep"] for v in venues)
        entree = min(jour(v["date_entree"]) for v in venues)
        resultat[champ, ieps[0]] = (ipp, entree, None if ouvert else max(sorties), ieps)
    return resultat


def sejours_pmsi(demo, finess: str) -> dict:
    """Les mêmes séjours vus du PMSI, lus par positions."""
    resultat = {}

    def ajouter(champ, nda, ipp, entree, sortie):
        _, _, connue, _ = resultat.get((champ, nda), (None, None, None, None))
        resultat[champ, nda] = (ipp, entree, sortie or connue, [nda])

    ipps = {ligne[28:48].strip(): ligne[353:373].strip() for ligne in lignes_pmsi(demo, finess, "smr/*.vidhosp.txt")}
    for ligne in lignes_pmsi(demo, finess, "smr/*.rhs.txt"):
        nda = ligne[32:52].strip()
        d = -1 if ligne[10:13] == "M1B" else 0
        ajouter("SMR", nda, ipps.get(nda), jjmmaaaa(ligne[65 + d : 73 + d]), jjmmaaaa(ligne[73 + d : 81 + d]))
    for champ, genre in (("HAD", "rpss"), ("PSY", "rps")):
        liens = {ligne[:20].strip(): ligne[20:40].strip()
                 for ligne in lignes_pmsi(demo, finess, f"{champ.lower()}/*.hosppmsi.txt")}  # fmt: skip
        for ligne in lignes_pmsi(demo, finess, f"{champ.lower()}/*.{genre}.txt"):
            if champ == "HAD":
                numero, entree, sortie = ligne[41:61].strip(), ligne[85:93], ligne[95:103]
            else:
                d = -2 if ligne[18:21] == "P08" else 0
                numero, entree, sortie = ligne[59 + d : 79 + d].strip(), ligne[79 + d : 87 + d], ligne[89 + d : 97 + d]
            ajouter(champ, liens.get(numero, numero), ligne[21:41].strip(), jjmmaaaa(entree), jjmmaaaa(sortie))
    return resultat


def test_memes_sejours_par_la_gam_et_par_le_pmsi(demo):
    natures = Counter()
    for finess in demo.etablissements:
        prevues = {(d.champ, d.iep): d.nature for d in demo.differences if d.finess_ej == finess and d.champ != "MCO"}
        gam, pmsi = sejours_gam(demo, finess), sejours_pmsi(demo, finess)
        natures.update(prevues.values())
        for cle in gam.keys() | pmsi.keys():
            nature = prevues.get(cle)
            if nature == "SEUL_GAM":
                assert cle in gam and cle not in pmsi
            elif nature == "SEUL_PMSI":
                assert cle in pmsi and cle not in gam
            elif nature == "DATES":
                assert gam[cle][1] == pmsi[cle][1] and gam[cle][2] != pmsi[cle][2]
            elif nature == "SANS_IPP":
                assert pmsi[cle][0] is None and gam[cle][1:] == pmsi[cle][1:]
            elif nature == "IEP_REGROUPES":
                assert gam[cle][:3] == pmsi[cle][:3] and set(pmsi[cle][3]) < set(gam[cle][3])
            else:
                assert gam[cle] == pmsi[cle], (finess, cle)
    assert set(natures) == {"SEUL_GAM", "SEUL_PMSI", "DATES", "SANS_IPP", "IEP_REGROUPES"}
    assert sum(natures.values()) < 60


def test_consultations_connues_du_seul_rsf_ace(demo):
    for finess in demo.etablissements:
        externes = {iep: v for (iep,), v in table(demo, finess, "gam/venues", ("iep",)).items() if v["champ"] == "EXTERNE"}
        entetes = {}
        actes = defaultdict(set)
        for ligne in lignes_pmsi(demo, finess, "ace/*.rsface.txt"):
            if ligne[0] == "A":
                entetes[ligne[39:48]] = (ligne[64], ligne[265:285].strip(), jjmmaaaa(ligne[84:92]))
            elif ligne[0] == "C":
                actes[ligne[37:46]].add(ligne[77:82].strip())
        muettes = [iep for iep, v in externes.items() if not v["facturation_ace"]]
        assert len(muettes) > 0.05 * len(externes)
        connues = {n for n, (operation, _, _) in entetes.items() if operation == "1" and actes[n] & {"CS", "APC", "G"}}
        assert set(muettes) & connues
        assert any(operation == "2" for operation, _, _ in entetes.values())
        # Quelques factures ont un autre numéro d'entrée : l'IPP et la date les rattachent.
        par_ipp = {(v["ipp"], jour(v["date_entree"])) for v in externes.values()}
        autres = [e for n, e in entetes.items() if n not in externes]
        assert autres and all((ipp, quand) in par_ipp for _, ipp, quand in autres)


ZONES = {
    "rss": lambda ligne: ("RSS_GROUPE", ligne[9:12]),
    "vidhosp": lambda ligne: ("VID-HOSP", ligne[48:52]),
    "rhs": lambda ligne: ("RHS_GROUPE", ligne[10:13]),
    "rpss": lambda ligne: ("RPSS_GROUPE_EX-DGF", ligne[:3]),
    "rps": lambda ligne: ("RPS", ligne[18:21]),
    "raa": lambda ligne: ("RAA", ligne[18:21]),
    "fichcomp": lambda ligne: ("FICHCOMP_DIP", ligne[9:11]),
}
RSF = {"A": (310, 285), "B": (164, 155), "C": (161, 152), "M": (137, 128)}


@avec_partage
def test_longueurs_des_lignes(demo):
    fixes, compteurs, dates, zones = defaultdict(int), {}, {}, defaultdict(dict)
    with (PARTAGE / "pmsi" / "positions.csv").open(encoding="utf-8") as f:
        for p in csv.DictReader(f):
            cle = (p["fichier"], p["version"])
            fixes[cle] = max(fixes[cle], int(p["end"]))
            compteurs[(*cle, p["field_code"])] = (int(p["start"]) - 1, int(p["end"]))
            if p["format"] == "date JJMMAAAA" and p["required"] == "O":
                dates[(*cle, p["field_code"])] = (int(p["start"]) - 1, int(p["end"]))
    with (PARTAGE / "pmsi" / "positions_variable.csv").open(encoding="utf-8") as f:
        for z in csv.DictReader(f):
            zones[z["fichier"], z["version"]][z["zone"]] = (z["champ_compteur"], int(z["longueur_zone"]))
    versions = Counter()
    for finess in demo.etablissements:
        for suffixe, reconnaitre in ZONES.items():
            for ligne in lignes_pmsi(demo, finess, f"*/*.{suffixe}.txt"):
                cle = reconnaitre(ligne)
                versions[cle] += 1
                attendue = fixes[cle]
                for zone, (compteur, longueur) in zones[cle].items():
                    if zone in ("GROUPAGE", "ZONE_TARIFAIRE"):
                        continue
                    nom = "NDMT" if cle[0] == "VID-HOSP" else compteur
                    debut, fin = compteurs[(*cle, nom)]
                    attendue += int(ligne[debut:fin]) * longueur
                if cle[0].startswith("RPSS"):
                    attendue += 10 + 21 * int(ligne[attendue + 9])
                assert len(ligne) == attendue, (cle, len(ligne), attendue)
                for (fichier, version, nom), (debut, fin) in dates.items():
                    if (fichier, version) == cle and "X" not in ligne[debut:fin]:
                        assert ligne[debut:fin].strip() == "" or jjmmaaaa(ligne[debut:fin]), (cle, nom)
        for ligne in lignes_pmsi(demo, finess, "ace/*.rsface.txt"):
            versions["RSF-ACE", ligne[0], len(ligne)] += 1
            assert len(ligne) in RSF[ligne[0]]
    assert {("RSS_GROUPE", v) for v in ("120", "121", "122", "123")} <= set(versions)
    assert {("VID-HOSP", v) for v in ("V013", "V014", "V015")} <= set(versions)
    assert {("RHS_GROUPE", v) for v in ("M1B", "M1C", "M1D")} <= set(versions)
    assert {("RPSS_GROUPE_EX-DGF", v) for v in ("H1B", "H1D")} <= set(versions)
    assert {("RPS", v) for v in ("P08", "P12")} | {("RAA", v) for v in ("P09", "P14")} <= set(versions)
    assert {("RSF-ACE", t, n) for t, longueurs in RSF.items() for n in longueurs if t in "AC"} <= set(versions)
    assert ("FICHCOMP_DIP", "07") in versions


# --- HL7 v2 ---


@pytest.fixture(scope="session")
def envois(tmp_path_factory):
    """La même activité, en tables puis en messages."""
    racine = tmp_path_factory.mktemp("hl7")
    return ecrire(racine / "tables", echelle=0.3), ecrire(racine / "messages", echelle=0.3, hl7="messages")


def messages(demo, finess: str, flux: str) -> list[list[list[str]]]:
    """Messages d'un flux : segments découpés en champs."""
    resultat = []
    for fichier in sorted((demo.dossier / finess / flux / "hl7").iterdir()):
        octets = fichier.read_bytes()
        codage = "iso8859-1" if b"|8859/1|" in octets else "utf-8"
        for texte in octets.decode(codage).replace("\x0b", "").replace("\x1c", "").replace("\n", "").split("MSH|")[1:]:
            resultat.append([segment.split("|") for segment in f"MSH|{texte}".split("\r") if segment])
    return resultat


def champ(message: list[list[str]], nom: str, rang: int) -> str:
    rang = rang - 1 if nom == "MSH" else rang
    segment = next((s for s in message if s[0] == nom), [])
    return segment[rang] if len(segment) > rang else ""


def test_messages_deterministes_et_pour_le_seul_centre_hospitalier(envois, tmp_path):
    _, b = envois
    ecrire(tmp_path / "m", echelle=0.3, hl7="messages")
    assert empreintes(b.dossier) == empreintes(tmp_path / "m")
    assert [f for f in b.etablissements if list((b.dossier / f).glob("*/hl7"))] == [b.etablissements[1]]


def test_messages_et_tables_se_partagent_l_activite(envois):
    tables, b = envois
    finess = b.etablissements[1]
    adt = messages(b, finess, "gam")
    types = Counter(champ(m, "MSH", 9).split("^")[1] for m in adt)
    assert {"A01", "A02", "A03", "A04", "A05", "A06", "A11", "A13", "A28", "A31", "A40", "A47", "Z99"} <= set(types)
    admises = {champ(m, "PV1", 19).split("^")[0] for m in adt if champ(m, "MSH", 9)[4:7] in ("A01", "A04")}
    annulees = {champ(m, "PV1", 19).split("^")[0] for m in adt if champ(m, "MSH", 9)[4:7] == "A11"}
    ieps = {iep for (iep,) in table(tables, finess, "gam/venues", ("iep",))}
    assert admises - annulees - {"", "999999999"} == ieps
    assert {v["champ"] for v in table(b, finess, "gam/venues", ("iep",)).values()} == {"EXTERNE"}

    doc = messages(b, finess, "dpi")
    corps = {}
    for m in doc:
        if champ(m, "MSH", 21).startswith(("1.2", "2.1^CISIS_CDA_HL7_V2")) and champ(m, "MSH", 9)[:3] in ("MDM", "ORU"):
            cda = etree.fromstring(base64.b64decode(champ(m, "OBX", 5).split("^")[4]))
            version = cda.find("{*}versionNumber").get("value")
            corps[cda.find("{*}id").get("root")] = (cda.find("{*}setId").get("root"), version, cda.find("{*}code").get("code"))
    restes = table(b, finess, "dpi/documents", ("document_id",))
    complets = table(tables, finess, "dpi/documents", ("document_id",))
    assert corps.keys() | {d for (d,) in restes} == {d for (d,) in complets}
    assert not corps.keys() & {d for (d,) in restes}
    assert all((complets[d,]["set_id"], complets[d,]["version"], complets[d,]["type_code"]) == v for d, v in corps.items())
    assert len(corps) > 300


def test_acquittements(envois):
    _, b = envois
    doc = messages(b, b.etablissements[1], "dpi")
    emis = {champ(m, "MSH", 10): m for m in doc if champ(m, "MSH", 9)[:3] in ("MDM", "ORU")}
    zam = [m for m in doc if champ(m, "MSH", 9)[:3] == "ZAM"]
    assert {champ(m, "MSH", 9)[4:7] for m in zam} == {"Z01", "Z02"}
    assert {champ(m, "OBX", 5)[0] for m in zam} == {"Y", "N"}
    for m in zam:
        origine = emis[champ(m, "OBX", 4)]
        assert champ(m, "MSH", 5) == champ(origine, "MSH", 3) and champ(m, "MSH", 7) >= champ(origine, "MSH", 7)


def test_messages_fautifs_annonces(envois):
    _, b = envois
    fautifs = [r for r in b.rejets_attendus if "/hl7/" in r.fichier]
    assert {r.motif for r in fautifs} == {"SEGMENT_MANQUANT", "TYPE_NON_TRAITE", "HORS_VALEURS"}


def test_la_plus_petite_demonstration_s_ecrit(tmp_path):
    assert ecrire(tmp_path / "exports", echelle=0.001).dossier.is_dir()


# --- la porte ---


def test_socle_ne_charge_pas_la_demonstration():
    verifier = "import sys, socle.cli; sys.exit('demo' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", verifier]).returncode == 0


def test_sans_la_demonstration_une_ligne_le_dit(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "demo", None)
    resultat = CliRunner().invoke(main, ["demo", "--dossier", str(tmp_path / "exports")])
    assert resultat.exit_code != 0 and not (tmp_path / "exports").exists()
    assert len(resultat.output.strip().splitlines()) == 1 and "dépôt" in resultat.output
