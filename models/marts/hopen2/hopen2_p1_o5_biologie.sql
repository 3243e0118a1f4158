-- National verification: comptes rendus de biologie N1 or N3 with a qualified INS, not scanned, fed in the month, of any
-- patient, with the exclusions of the indicator.

with traces as (

    select
        finess_ej,
        mois as periode_debut,
        count(distinct document_id) as valeur
    from {{ ref('int_alimentations') }}
    where
        famille = 'CR_BIO'
        and niveau_cda in ('N1', 'N3')
        and ins_qualifiee
        and not numerise
        and producteur is distinct from 'SOUS_TRAITANT'
        and categorie_biologie is distinct from 'ACP'
        and categorie_biologie is distinct from 'GENETIQUE'
        and not non_transmission
    group by finess_ej, mois

),

constate as (

    select
        finess_ej,
        mois as periode_debut,
        nb_documents as valeur
    from {{ ref('stg_national__cnam_alimentation_dmp') }}
    where type_code = '11502-2'

)

{{ calculer_taux('P1.O5', ref('pop_hopen2_p1_o5_biologie'), traces='traces', constate='constate') }}
