-- Pieces that the guides ask for in certain cases only: one row per establishment, month, indicator and condition that
-- holds (column condition of seed justificatifs_osis). HOP'EN2 guide:
-- HAD_SANS_ORDONNANCE: « une attestation sur l'honneur est demandée en cas de production d'aucune ordonnance de sortie
-- pendant la période d'observation »: the establishment has a HAD, the month is over, documents of it are known, and none of
-- those created in the month, or attached to a séjour closed in it, is a prescription.
-- AUCUNE_ALIMENTATION: « en cas d'impossibilité d'alimentation dans le mois »: nothing fed, of what the indicator counts.
-- AUTRES_DOCUMENTS: « lorsque l'établissement choisit d'envoyer d'autres documents que ceux réglementairement obligatoires ».

with mesures as (

    select
        mesures.finess_ej,
        mesures.periode_debut,
        mesures.periode_fin,
        mesures.periode_complete,
        mesures.indicateur,
        mesures.numerateur,
        mesures.motif_non_applicable
    from {{ ref('indicateurs') }} as mesures
    inner join {{ ref('catalogue_indicateurs') }} as catalogue
        on
            mesures.indicateur = catalogue.indicateur
            and catalogue.programme = 'HOPEN2'
            and catalogue.entonnoir = 'oui'
    where coalesce(mesures.motif_non_applicable = 'AUCUN_CAS', true)

),

etablissements_avec_had as (

    select finess_ej
    from {{ ref('stg_reference__etablissements') }}
    where had

    union all

    select finess_ej
    from {{ ref('int_venues') }}
    where champ = 'HAD'

),

-- A month without any document is one that the exports do not reach.
mois_documentes as (

    select
        finess_ej,
        {{ premier_du_mois('date_creation') }} as periode_debut,
        count(*) filter (where famille = 'ODS') as nb_ordonnances
    from {{ ref('int_documents') }}
    group by finess_ej, {{ premier_du_mois('date_creation') }}

),

sejours_avec_ordonnance as (

    select
        sejours.finess_ej,
        sejours.periode_debut
    from {{ ref('int_sejours_clos') }} as sejours
    inner join {{ ref('int_sejours_familles') }} as familles
        on
            sejours.sejour_id = familles.sejour_id
            and familles.famille = 'ODS'
    where sejours.nature = 'mois'

)

select
    mesures.finess_ej,
    mesures.periode_debut,
    mesures.periode_fin,
    mesures.indicateur,
    'HAD_SANS_ORDONNANCE' as condition
from mesures
inner join mois_documentes
    on
        mesures.finess_ej = mois_documentes.finess_ej
        and mesures.periode_debut = mois_documentes.periode_debut
        and mois_documentes.nb_ordonnances = 0
left join sejours_avec_ordonnance
    on
        mesures.finess_ej = sejours_avec_ordonnance.finess_ej
        and mesures.periode_debut = sejours_avec_ordonnance.periode_debut
where
    mesures.indicateur = 'P1.O2.ODS'
    and mesures.periode_complete
    and mesures.finess_ej in (select had.finess_ej from etablissements_avec_had as had)
    and sejours_avec_ordonnance.finess_ej is null

union all

select
    finess_ej,
    periode_debut,
    periode_fin,
    indicateur,
    'AUCUNE_ALIMENTATION' as condition
from mesures
where numerateur = 0

union all

select distinct
    finess_ej,
    periode_debut,
    {{ dernier_du_mois('periode_debut') }} as periode_fin,
    'P1.O7' as indicateur,
    'AUTRES_DOCUMENTS' as condition
from {{ ref('documents_transmis') }}
where
    canal = 'MSS_PRO'
    and not obligatoire
order by finess_ej, periode_debut, indicateur, condition
