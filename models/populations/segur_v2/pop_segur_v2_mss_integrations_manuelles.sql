-- SV2.MSS.MANUELS — documents non CDA intégrés manuellement.
-- ANS, Ségur vague 2 AMA hôpital (2025-04-04), « MSSanté » : documents reçus par MSSanté dans le mois, hors CDA, qu'un
-- utilisateur a intégrés à la main au DPI, avec succès.
-- Un document reçu par ligne.

with documents_integres as (

    select
        finess_ej,
        reception_id,
        cast(date_reception as date) as date_reception
    from {{ ref('stg_dpi__documents_recus_mss') }}
    where
        not format_cda
        and integration = 'MANUELLE'
        and statut = 'REUSSI'
        and cast(date_reception as date) <= {{ date_extraction() }}

)

select
    documents_integres.finess_ej,
    mois.periode_debut,
    mois.periode_fin,
    'TOUS' as axe,
    documents_integres.reception_id as unite_id,
    true as au_numerateur
from documents_integres
inner join {{ ref('int_periodes') }} as mois
    on
        documents_integres.finess_ej = mois.finess_ej
        and documents_integres.date_reception between mois.periode_debut and mois.periode_fin
        and mois.nature = 'mois'
