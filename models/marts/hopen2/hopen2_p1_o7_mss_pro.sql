-- National verification: professional messages with a document, sent in the month.
-- « Cet indicateur peut être pondéré par le taux d'équipement MSSanté des médecins libéraux »: taux_pondere divides the
-- patients by the share of the territory's practitioners who have an address.

with traces as (

    select
        finess_ej,
        periode_debut,
        count(*) as valeur
    from {{ ref('int_messages_mss') }}
    where
        canal = 'PRO'
        and porte_un_document
    group by finess_ej, periode_debut

),

constate as (

    select
        finess_ej,
        mois as periode_debut,
        nb_messages_pro_avec_document as valeur
    from {{ ref('stg_national__ans_mssante') }}

),

equipement as (

    select
        finess_ej,
        mois as periode_debut,
        'TOUS' as axe,
        taux_equipement
    from {{ ref('stg_national__ans_mssante') }}
    where taux_equipement > 0

)

{{ calculer_taux(
    'P1.O7', ref('pop_hopen2_p1_o7_mss_pro'), traces='traces', constate='constate',
    complements='equipement', colonnes=['taux_equipement'], calculs={'taux_pondere': '100 * taux / taux_equipement'}
) }}
