-- National verification: comptes rendus de consultation N1 with a qualified INS, not scanned, fed in the month, of any
-- patient and venue.

with traces as (

    select
        finess_ej,
        mois as periode_debut,
        count(distinct document_id) as valeur
    from {{ ref('int_alimentations') }}
    where
        famille = 'CRC'
        and niveau_cda = 'N1'
        and ins_qualifiee
        and not numerise
    group by finess_ej, mois

),

constate as (

    select
        finess_ej,
        mois as periode_debut,
        nb_documents as valeur
    from {{ ref('stg_national__cnam_alimentation_dmp') }}
    where type_code = '11488-4'

)

{{ calculer_taux('P1.O4', ref('pop_hopen2_p1_o4_compte_rendu_consultation'), traces='traces', constate='constate') }}
