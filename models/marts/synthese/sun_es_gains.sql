-- SUN-ES : ce que chaque indicateur manqué fait perdre dans sa fenêtre, et ce qu'il rapporte s'il est atteint seul.
-- Un forfait n'est payé que si toutes ses conditions le sont : un indicateur ne rapporte rien tant qu'un autre du même forfait
-- manque, mais il le fait perdre.

with manques as (

    select
        finess_ej,
        fenetre,
        'DS1.1' as indicateur,
        cout_ds1_1 as cout,
        atteint_ds1_2 as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS1.2' as indicateur,
        cout_ds1_2 as cout,
        atteint_ds1_1 as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS1.3' as indicateur,
        cout_ds1_3 as cout,
        atteint_ds1_1 and atteint_ds1_2 as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS1.4' as indicateur,
        cout_ds1_4 as cout,
        atteint_ds1_1 and atteint_ds1_2 as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS2.1' as indicateur,
        cout_ds2_1 as cout,
        true as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS3.1' as indicateur,
        cout_ds3_1 as cout,
        true as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS4.1' as indicateur,
        cout_ds4_1 as cout,
        atteint_ds4_2 and atteint_ds4_3 as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS4.2' as indicateur,
        cout_ds4_2 as cout,
        atteint_ds4_1 and atteint_ds4_3 as suffit
    from {{ ref('sun_es_financement') }}

    union all

    select
        finess_ej,
        fenetre,
        'DS4.3' as indicateur,
        cout_ds4_3 as cout,
        atteint_ds4_1 and atteint_ds4_2 as suffit
    from {{ ref('sun_es_financement') }}

)

select
    finess_ej,
    fenetre,
    indicateur,
    cout,
    case when suffit then cout else cast(0 as decimal(12, 2)) end as gain_seul
from manques
where cout > 0
order by finess_ej, fenetre, indicateur
