-- National verification: distinct patients to whom a message was sent in the month, whatever their pathway.

with traces as (

    select
        finess_ej,
        periode_debut,
        count(distinct ipp) as valeur
    from {{ ref('int_messages_mss') }}
    where canal = 'CITOYENNE'
    group by finess_ej, periode_debut

),

constate as (

    select
        finess_ej,
        mois as periode_debut,
        nb_patients_citoyenne as valeur
    from {{ ref('stg_national__ans_mssante') }}

)

{{ calculer_taux('P1.O8', ref('pop_hopen2_p1_o8_mss_citoyenne'), traces='traces', constate='constate') }}
