"""The sections of a dossier that only some programmes have: what each guide asks for beside the rates, as tables of the marts.

Every section is a title, a sentence and tables; the template lays them all out alike. The seed ``sections_dossier`` names, for
each programme, the functions that write its own, in order, and the indicator that each one is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from socle.parametres import ErreurSocle
from socle.resultats.modele import Resultats
from socle.resultats.mots import DECLARES, RIEN, euros, libelle_periode, pourcentage, valeur_en_mots

Section = dict[str, Any]


@dataclass(frozen=True)
class Demande:
    """What a dossier is about: the establishment, the programme and the period of each indicator.

    ``periodes``: first and last day by code of indicator; an indicator without any measure is not there. ``lues``: marts that were
    read, whose SQL goes into the archive.
    """

    connexion: duckdb.DuckDBPyConnection
    resultats: Resultats
    finess: str
    programme: str
    periodes: dict[str, tuple[date, date]]
    fenetres: tuple[str, ...]
    lues: set[str] = field(default_factory=set)

    def libelle(self, liste: str, code: str) -> str:
        """What a code is called; itself when the list has it not."""
        return self.resultats.libelles[liste].get(code, code)

    def lignes(self, requete: str, *parametres: Any) -> list[tuple[Any, ...]]:
        """Rows of a query whose first parameter is the establishment."""
        return self._executer(requete, *parametres).fetchall()

    def dictionnaires(self, requete: str, *parametres: Any) -> list[dict[str, Any]]:
        """The same, by name of column."""
        lues = self._executer(requete, *parametres)
        noms = [nom for nom, *_ in lues.description]
        return [dict(zip(noms, ligne, strict=True)) for ligne in lues.fetchall()]

    def _executer(self, requete: str, *parametres: Any) -> duckdb.DuckDBPyConnection:
        self.lues.update(re.findall(r"\bmarts\.(\w+)", requete))
        return self.connexion.execute(requete, [self.finess, *parametres])


SECTIONS: dict[str, Callable[[Demande, str], list[Section]]] = {}
"""What writes a section, by name: of the demand and the indicator that the row names, empty when it names none."""


def nommee(faire: Callable[[Demande, str], list[Section]]) -> Callable[[Demande, str], list[Section]]:
    """Have rows of ``sections_dossier`` name a function."""
    SECTIONS[faire.__name__] = faire
    return faire


def sections(demande: Demande) -> list[Section]:
    """Sections of the programme, in the order of the document; those that follow one another under one title are one.

    Raises:
        ErreurSocle: a row names a function that is not there.
    """
    faites: list[Section] = []
    for nom, indicateur in demande.connexion.execute(
        "select section, coalesce(indicateur, '') from reference.sections_dossier where programme = ? order by ordre",
        [demande.programme],
    ).fetchall():
        if nom not in SECTIONS:
            raise ErreurSocle(
                f"Section « {nom} » du programme {demande.programme} inconnue : corrigez sections_dossier.csv"
                f" ({', '.join(sorted(SECTIONS))})."
            )
        for section in SECTIONS[nom](demande, indicateur):
            if faites and faites[-1]["titre"] == section["titre"]:
                faites[-1]["tableaux"] += section["tableaux"]
            else:
                faites.append(section)
    return faites


def attestation(demande: Demande, conditions: set[tuple[str, str]]) -> dict[str, str]:
    """Indicator and month, in words, for which the establishment attests that its HAD produced no prescription; empty when it
    has none to.
    """
    dues = [(demande.periodes[code], code) for code, condition in conditions if condition == "HAD_SANS_ORDONNANCE"]
    return {"indicateur": max(dues)[1], "mois": libelle_periode(*max(dues)[0])} if dues else {}


def conditions(demande: Demande) -> set[tuple[str, str]]:
    """Indicators and conditions of marts.conditions_des_pieces that hold for the periods shown."""
    return {
        (code, condition)
        for code, condition, debut in demande.lignes(
            "select indicateur, condition, periode_debut from marts.conditions_des_pieces where finess_ej = ?"
        )
        if code in demande.periodes and demande.periodes[code][0] == debut
    }


def _section(titre: str, texte: str, *tableaux: dict[str, Any]) -> Section:
    return {"titre": titre, "texte": texte, "tableaux": list(tableaux)}


def _tableau(
    colonnes: str, lignes: Iterable[Iterable[Any]], titre: str = "", note: str = "", vide: str = "Aucun."
) -> dict[str, Any]:
    """A table; a column whose name begins with # is of figures."""
    noms = colonnes.split(" | ")
    textes = [[valeur_en_mots(valeur) for valeur in ligne] for ligne in lignes]
    longueurs = [
        0 if nom.startswith("#") else max(map(len, colonne), default=0)
        for nom, colonne in zip(noms, zip(*textes, strict=True), strict=False)
    ]
    return {
        "titre": titre,
        "colonnes": [nom.lstrip("#") for nom in noms],
        "chiffres": [nom.startswith("#") for nom in noms],
        "large": longueurs.index(max(longueurs)) if longueurs else 0,
        "lignes": textes,
        "note": note,
        "vide": vide,
    }


@nommee
def file_active(demande: Demande, indicateur: str) -> list[Section]:
    """From the patients of the month to those who count, with the cuts of the audit's tolerances."""
    if indicateur not in demande.periodes:
        return []
    debut, fin = demande.periodes[indicateur]
    lignes = demande.lignes(
        """
        select coupe, valeur, nb_patients, nb_inconnus, nb_fictifs, nb_douteux, nb_ecartes_sans_ins, nb_patients_retenus, nb_avec_ins,
               nb_qualifies
        from marts.file_active where finess_ej = ? and periode_debut = ?
        order by case coupe when 'ENSEMBLE' then 1 when 'HORS_URGENCES' then 2 when 'CHAMP' then 3 else 4 end, valeur
        """,
        debut,
    )
    noms = {"ENSEMBLE": "Tous les patients", "HORS_URGENCES": "Sans les patients vus aux seules urgences"}
    etapes = ("Patients venus dans le mois", "− inconnus du fichier des identités", "− identités fictives", "− identités douteuses",
              "− sans INS, si elle est exigée", "= patients retenus (dénominateur)", "dont INS connue",
              "dont INS qualifiée (numérateur)")  # fmt: skip
    par_coupe = {(coupe, valeur): valeurs for coupe, valeur, *valeurs in lignes}
    ensemble = [c for c in (("ENSEMBLE", "TOUS"), ("HORS_URGENCES", "TOUS")) if c in par_coupe]
    cascade = _tableau(
        " | ".join(["Étape", *("#" + noms[coupe] for coupe, _ in ensemble)]),
        ((etape, *(par_coupe[c][rang] for c in ensemble)) for rang, etape in enumerate(etapes)),
        vide="Aucun patient dans le mois.",
    )
    detail = "#Patients | #Inconnus | #Fictifs | #Douteux | #Retenus | #INS connue | #INS qualifiée"

    def decoupe(coupe: str) -> list[list[Any]]:
        return [
            [demande.libelle("CHAMP", valeur), *(v for rang, v in enumerate(valeurs) if rang != 4)]
            for (c, valeur), valeurs in par_coupe.items()
            if c == coupe
        ]

    return [
        _section(
            f"Nombre de patients retenus, {libelle_periode(debut, fin)}",
            f"{indicateur} : des patients venus dans le mois à ceux que compte l’indicateur. L’audit admet une tolérance pour les soins "
            "non programmés, pour les populations sans assurance sociale (patients retenus dont l’INS n’est pas connue) et pour "
            "les établissements de plusieurs sites.",
            cascade,
            _tableau(f"Champ | {detail}", decoupe("CHAMP"), "Par champ"),
            _tableau(
                f"Site (FINESS) | {detail}",
                decoupe("SITE"),
                "Par site",
                "Un patient vu dans deux champs ou deux sites est compté dans les deux : ces lignes ne s’additionnent pas.",
            ),
        )
    ]


@nommee
def consultations(demande: Demande, indicateur: str) -> list[Section]:
    """What a consultation is, and where its billing is read."""
    if indicateur not in demande.periodes:
        return []
    debut, fin = demande.periodes[indicateur]
    lignes = demande.lignes(
        """
        select source_facturation, nb_venues_externes, nb_facturees, nb_consultations, nb_avec_dmp, nb_alimentees
        from marts.consultations_externes where finess_ej = ? and periode_debut = ? order by source_facturation <> 'GAM', 1 desc
        """,
        debut,
    )
    total = [["Total", *(sum(colonne) for colonne in zip(*(v for _, *v in lignes), strict=True))]] if lignes else []
    return [
        _section(
            f"Notion de consultation, {libelle_periode(debut, fin)}",
            f"{indicateur} : une consultation est une venue externe du mois facturée en acte et consultation externe (ACE) ; une venue que "
            "l’export dit sans consultation médicale (acte seul) n’en est pas une. La facturation est celle de la GAM, à défaut "
            "celle du RSF-ACE. Les consultations dont le patient avait un DMP font le dénominateur, celles dont un compte rendu a "
            "alimenté le DMP le numérateur.",
            _tableau(
                "Facturation | #Venues externes | #Facturées en ACE | #Consultations | #Avec DMP | #Compte rendu au DMP",
                [[demande.libelle("FACTURATION", source), *valeurs] for source, *valeurs in lignes] + total,
                vide="Aucune venue externe dans le mois.",
            ),
        )
    ]


@nommee
def types_valides(demande: Demande, indicateur: str) -> list[Section]:
    """The list that the CME validated, and what left without being on it."""
    valides = demande.lignes(
        """
        select valides.canal, valides.type_code, coalesce(types.libelle, 'Type hors nomenclature'), valides.automatique,
               valides.date_validation
        from staging.stg_declaratif__types_documents_cme as valides
        left join reference.types_documents as types using (type_code)
        where finess_ej = ? order by 1, 2
        """
    )
    tableaux = [
        _tableau(
            "Voie | Type | Libellé | Envoi automatique | Validé le",
            ([demande.libelle("CANAL", canal), *ligne] for canal, *ligne in valides),
            "Liste validée par la CME ou l’instance équivalente",
            vide="Aucune liste n’est déclarée (declaratif/types_documents_cme).",
        )
    ]
    if indicateur in demande.periodes:
        debut, fin = demande.periodes[indicateur]
        hors_liste = demande.lignes(
            """
            select canal, type_code, libelle, obligatoire, nb_envois
            from marts.documents_transmis where finess_ej = ? and periode_debut = ? and not valide_cme order by 1, 2
            """,
            debut,
        )
        tableaux.append(
            _tableau(
                "Voie | Type | Libellé | Envoi obligatoire | #Envois",
                ([demande.libelle("CANAL", canal), *ligne] for canal, *ligne in hors_liste),
                f"Types envoyés sans être sur la liste, {libelle_periode(debut, fin)}",
                "Obligatoire : lettre de liaison, ordonnances de sortie, comptes rendus opératoires, de biologie et d’imagerie ; les "
                "autres ne partent par MSSanté professionnelle qu’avec l’accord de la CME.",
                vide="Aucun.",
            )
        )
    return [_section("Types validés par la CME", "", *tableaux)]


@nommee
def cas_usage(demande: Demande, indicateur: str) -> list[Section]:
    """The use cases that the CME validated, which define who is eligible, and when they were presented to it."""
    lignes = demande.lignes(
        """
        select cas_usage, coalesce(champ, 'tous'), coalesce(uf, 'toutes'), date_debut, date_fin
        from staging.stg_declaratif__parcours_eligibles where finess_ej = ? order by 1, 4
        """
    )
    presentation = demande.lignes(
        """
        select date_declaration, valeur, coalesce(justification, '—')
        from staging.stg_declaratif__declarations where finess_ej = ? and code = ? order by 1
        """,
        indicateur,
    )
    return [
        _section(
            "Cas d’usage de la messagerie citoyenne",
            "Un patient est éligible quand une de ses venues entre dans l’un de ces parcours ; sans aucun, tous les patients le sont.",
            _tableau(
                "Cas d’usage | Champ | UF | Du | Au",
                lignes,
                vide="Aucun parcours n’est déclaré (declaratif/parcours_eligibles) : tous les patients sont comptés.",
            ),
            _tableau(
                "Déclaré le | Présentés | Pièce",
                ([jour, DECLARES[valeur], piece] for jour, valeur, piece in presentation),
                f"Présentation des cas d’usage à la CME ({indicateur})",
                vide="Aucune présentation n’est déclarée.",
            ),
        )
    ]


@nommee
def production(demande: Demande, _: str) -> list[Section]:
    """What each pathway produces, where nothing was fed of what an indicator counts."""
    mois = sorted({demande.periodes[code] for code, condition in conditions(demande) if condition == "AUCUNE_ALIMENTATION"})
    tableaux = []
    for debut, fin in mois:
        lignes = demande.lignes(
            """
            select parcours, famille, nb_unites, nb_avec_document, nb_avec_document_alimente
            from marts.production_documentaire where finess_ej = ? and periode_debut = ? and nb_unites > 0 order by 1, 2
            """,
            debut,
        )
        tableaux.append(
            _tableau(
                "Parcours | Famille | #Unités | #Avec un document | #Alimenté au DMP | Règle de production (à remplir)",
                ([demande.libelle("PARCOURS", parcours), *valeurs, ""] for parcours, *valeurs in lignes),
                libelle_periode(debut, fin).capitalize(),
                vide="Aucun séjour clos ni consultation dans le mois.",
            )
        )
    if not tableaux:
        return []
    return [
        _section(
            "Production documentaire",
            "Pour un indicateur au moins, rien n’a été alimenté dans le mois. Le guide demande alors de justifier la production de "
            "documents adaptés à l’activité et d’en décrire les règles, parcours par parcours : les décomptes (séjours clos ou "
            "consultations) sont donnés, la "
            "dernière colonne est à remplir.",
            *tableaux,
        )
    ]


@nommee
def financement(demande: Demande, _: str) -> list[Section]:
    """SUN-ES: what each window pays by domain, and what each missing indicator costs."""
    texte = (
        "Forfaits d’après l’activité combinée de l’établissement, multipliés par la part que paie la fenêtre, pour une candidature "
        "recevable. Le coût d’un indicateur manquant est ce que sa cible rapporterait, les autres conditions de son forfait étant "
        "remplies : deux indicateurs d’un même forfait le portent tous les deux, ces coûts ne s’additionnent pas."
    )
    fenetres = [
        f
        for f in demande.dictionnaires("select * from marts.sun_es_financement where finess_ej = ? order by fenetre")
        if f["fenetre"] in demande.fenetres
    ]
    if not fenetres:
        return [
            _section(
                "Financement",
                "L’activité combinée de l’établissement n’est pas connue (activite_combinee dans etablissements.csv) : son "
                "financement ne peut pas être calculé.",
            )
        ]
    colonnes = " | ".join("#" + f["fenetre"] for f in fenetres)
    noms, montants = list(fenetres[0]), demande.resultats.libelles["MONTANT"]
    return [
        _section(
            "Financement",
            texte,
            _tableau(
                f"Payé | {colonnes}",
                ([montants[nom], *(euros(f[nom]) for f in fenetres)] for nom in noms if nom in montants),
                "Ce que chaque domaine paie",
            ),
            _tableau(
                f"Indicateur | {colonnes}",
                (
                    [nom.removeprefix("cout_").upper().replace("_", "."), *(euros(f[nom]) if f[nom] else RIEN for f in fenetres)]
                    for nom in noms
                    if nom.startswith("cout_")
                ),
                "Ce que coûte chaque indicateur manquant",
            ),
        )
    ]


@nommee
def candidatures(demande: Demande, _: str) -> list[Section]:
    """SUN-ES: candidacies by window and domain, and whether their prerequisites were met."""
    lignes = demande.lignes(
        """
        select fenetre, domaine, candidat, date_candidature, dans_la_periode, recevable, coalesce(prerequis_manquants, '—')
        from marts.sun_es_candidatures where finess_ej = ? order by 1, 2
        """
    )
    return [
        _section(
            "Candidatures",
            "Recevable : tous les prérequis du volet étaient déclarés atteints le jour de la candidature (aujourd’hui, sans "
            "candidature) ; le volet 2 demande aussi ceux du volet 1.",
            _tableau(
                "Fenêtre | Domaine | Candidat | Déposée le | Dans la période | Recevable | Prérequis manquants",
                (
                    [fenetre, demande.libelle("DOMAINE", domaine), *valeurs]
                    for fenetre, domaine, *valeurs in lignes
                    if fenetre in demande.fenetres
                ),
            ),
        )
    ]


@nommee
def applications(demande: Demande, _: str) -> list[Section]:
    """HOP'EN: editor and solution of each indicator, and whether the whole group has the same."""
    lignes = demande.lignes(
        """
        select indicateur, coalesce(editeur, '—'), coalesce(solution, 'non déclarée'), date_debut, convergence, commun, ght,
               nb_etablissements, nb_etablissements_declares, nb_applications, identique_au_sein_du_ght
        from marts.applications_hopen where finess_ej = ? order by 1, 2, 3
        """
    )

    def controle(commun: str | None, ght: str | None, nb: int, declares: int, differentes: int, identique: bool | None) -> str:
        if commun is None:
            return "rien de commun n’est demandé"
        if ght is None:
            return "établissement hors GHT"
        nom = demande.libelle("COMMUN", commun)
        if identique is None:
            return f"{nom} : {declares} établissement{'s' * (declares > 1)} sur {nb} déclare{'nt' * (declares > 1)}"
        return f"{nom} identique partout" if identique else f"{nom} : {differentes} différent{'e' * (commun == 'APPLICATION')}s"

    return [
        _section(
            "Applications",
            "Applications en service au jour de l’extraction (declaratif/applications). Une application déclarée pour un domaine "
            "sert tous ses indicateurs. Dernière colonne : « application identique au sein du GHT », que la fiche demande.",
            _tableau(
                "Code | Éditeur | Solution | Depuis le | Cible de convergence | Au sein du GHT",
                ([code, editeur, solution, debut, convergence, controle(*reste)] for code, editeur, solution, debut, convergence, *reste in lignes),
            ),
        )
    ]  # fmt: skip


@nommee
def complements(demande: Demande, _: str) -> list[Section]:
    """HOP'EN: the share of liaison letters, and what gives the bonus."""
    lignes = demande.lignes(
        """
        select indicateur, libelle, periode_debut, periode_fin, nb_remplissant, nb_concernes, taux_complement, bonus
        from marts.complements_hopen_mesures where finess_ej = ? order by 1
        """
    )
    return [
        _section(
            "Lettres de liaison et bonus",
            "Ce que les fiches demandent à côté du taux, et ce qui ouvre droit au bonus de forfait.",
            _tableau(
                "Code | Ce qui est compté | Période | #Nombre | #Sur | #Part | Bonus",
                (
                    [code, libelle, libelle_periode(debut, fin), nb, total, pourcentage(taux), f"{bonus} % du forfait" if bonus else RIEN]
                    for code, libelle, debut, fin, nb, total, taux, bonus in lignes
                    if demande.periodes.get(code) == (debut, fin)
                ),
                vide="Aucun document concerné dans ces périodes.",
            ),
        )
    ]  # fmt: skip


def _mois_par_mois(demande: Demande, indicateur: str, titre: str, absents: str, colonnes: str, requete: str) -> list[Section]:
    """What an operator counted in each month of the period of an indicator."""
    if indicateur not in demande.periodes:
        return []
    periode = demande.periodes[indicateur]
    lignes = [
        [
            libelle_periode(mois, date(mois.year, mois.month, 28)),
            *(pourcentage(v) if isinstance(v, float) else v for v in valeurs),
        ]
        for mois, *valeurs in demande.lignes(requete, *periode)
    ]
    return [
        _section(
            "Chiffres nationaux",
            "",
            _tableau(
                colonnes,
                lignes,
                f"{titre} ({indicateur}, {libelle_periode(*periode)})",
                vide=f"Le fichier de {absents} n’est pas déposé pour ces mois.",
            ),
        )
    ]


@nommee
def activite_dmp(demande: Demande, indicateur: str) -> list[Section]:
    """HOP'EN: what the CNAM counted, month by month."""
    return _mois_par_mois(
        demande,
        indicateur,
        "Activité DMP de l’Assurance maladie",
        "la CNAM",
        "Mois | #Documents ajoutés | #DMP alimentés",
        """
        select mois, nb_documents, nb_dmp_alimentes from staging.stg_national__cnam_alimentation_dmp
        where finess_ej = ? and type_code = 'TOUS' and mois between ? and ? order by 1
        """,
    )


@nommee
def echanges_mssante(demande: Demande, indicateur: str) -> list[Section]:
    """HOP'EN: what the ANS counted, month by month."""
    return _mois_par_mois(
        demande,
        indicateur,
        "Échanges vus par l’Agence du numérique en santé",
        "l’ANS",
        "Mois | #Messages avec document | #Correspondants destinataires | #Équipement des libéraux",
        """
        select mois, nb_messages_pro_avec_document, nb_correspondants_pro, taux_equipement
        from staging.stg_national__ans_mssante where finess_ej = ? and mois between ? and ? order by 1
        """,
    )


@nommee
def annuaire(demande: Demande, indicateur: str) -> list[Section]:
    """HOP'EN: the directory in figures; the names stay in the hospital's tool."""
    lignes = demande.lignes(
        """
        select nb_correspondants, nb_externes, nb_externes_avec_adresse, derniere_mise_a_jour
        from marts.annuaire_correspondants where finess_ej = ?
        """
    )
    return [
        _section(
            "Annuaire des correspondants",
            f"{indicateur} : l’annuaire permet de déterminer combien de correspondants ont une adresse MSSanté. L’annuaire nominatif est à "
            "exporter de l’outil de l’établissement ; aucun nom ni adresse n’est ici.",
            _tableau(
                "#Correspondants | #Extérieurs | #Extérieurs avec une adresse MSSanté | Dernière mise à jour",
                lignes,
                vide="Aucun annuaire n’est reçu (gam/correspondants).",
            ),
        )
    ]


@nommee
def calendrier(demande: Demande, _: str) -> list[Section]:
    """HOP'EN: the deposits that each half-year expects, and those made."""
    lignes = demande.lignes(
        """
        select annee, semestre, count(*), count(date_depot), max(date_depot),
               string_agg(indicateur, ', ' order by indicateur) filter (where date_depot is null)
        from marts.hopen_semestres where finess_ej = ? group by 1, 2 order by 1, 2
        """
    )
    return [
        _section(
            "Calendrier des dépôts",
            "HOP’EN se dépose chaque semestre. Attendus : les indicateurs dont une période connue en entier finit dans le semestre. "
            "Déposés : ce que dit declaratif/depots.",
            _tableau(
                "Semestre | #Attendus | #Déposés | Dernier dépôt | Restent à déposer",
                (
                    [f"{'1er' if semestre == 1 else '2e'} semestre {annee}", attendus, deposes, dernier, restants or RIEN]
                    for annee, semestre, attendus, deposes, dernier, restants in lignes
                ),
                vide="Aucune période complète.",
            ),
        )
    ]


@nommee
def sites(demande: Demande, _: str) -> list[Section]:
    """IFAQ: the FINESS under which the PMSI is sent, and the figures of each site."""
    numeros = [
        numero
        for (numero,) in demande.connexion.execute(
            " union ".join(
                f"select finess_pmsi from staging.stg_pmsi__{flux} where finess_ej = $1 and finess_pmsi is not null"
                for flux in ("rss_rum", "rhs", "rps", "rpss")
            )
            + " order by 1",
            [demande.finess],
        ).fetchall()
    ]
    tableaux = []
    for debut, fin in sorted(set(demande.periodes.values())):
        tableaux.append(
            _tableau(
                "Site (FINESS) | #Séjours clos | #avec DMP (D2.2I) | #alimentés (D2.2I) | #Correspondants équipés (D6.3I) | "
                "#atteints (D6.3I)",
                demande.lignes(
                    """
                    select finess_geo, nb_sejours_du_site, nb_avec_dmp_du_site, nb_alimentes_du_site, nb_equipes_du_site,
                           nb_atteints_du_site
                    from marts.ifaq_sites where finess_ej = ? and periode_debut = ? order by 1
                    """,
                    debut,
                ),
                f"Par site, {libelle_periode(debut, fin)}",
                "Un séjour est du site de la venue qui le finit ; un correspondant est de chaque site où ses patients sont venus : les "
                "correspondants ne s’additionnent pas.",
                vide="Aucun séjour clos dans le mois.",
            )
        )
    return [
        _section(
            "FINESS PMSI et sites",
            f"FINESS PMSI : {', '.join(numeros)}."
            if numeros
            else "FINESS PMSI : aucun fichier du PMSI n’est reçu ; celui sous lequel l’établissement le transmet à l’ATIH.",
            *tableaux,
        )
    ]
