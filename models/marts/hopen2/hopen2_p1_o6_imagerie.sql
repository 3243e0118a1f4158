-- National verification: comptes rendus d'imagerie N1 with a qualified INS, not scanned, fed in the month, of any
-- patient, with the exclusions of the indicator.

with traces as (

    select
        finess_ej,
        mois as periode_debut,
        count(distinct document_id) as valeur
    from {{ ref('int_alimentations') }}
    where
        famille = 'CR_IMAGERIE'
        and niveau_cda = 'N1'
        and ins_qualifiee
        and not numerise
        and producteur is distinct from 'SOUS_TRAITANT'
        and modalite_imagerie is distinct from 'AUTRE'
        and not non_transmission
    group by finess_ej, mois

),

constate as (

    select
        finess_ej,
        mois as periode_debut,
        nb_documents as valeur
    from {{ ref('stg_national__cnam_alimentation_dmp') }}
    where type_code = '18748-4'

)

{{ calculer_taux('P1.O6', ref('pop_hopen2_p1_o6_imagerie'), traces='traces', constate='constate') }}
