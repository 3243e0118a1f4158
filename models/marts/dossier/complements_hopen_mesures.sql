-- HOP'EN: what a form asks for beside the rate, and what gives the bonus of 20 %. One row per complement (seed
-- complements_hopen), establishment and period of its indicator. The units are those of the indicator's population.
-- D2.2: « pourcentage de la lettre de liaison de sortie dans le DMP ». D1.3: « format structuré CDAR2 niveau 3 ».
-- D6.1: « l'envoi de la lettre de liaison au format structuré, en complément des documents demandés »: N3, present in the DMP.

with biologie as (

    select
        finess_ej,
        set_id,
        max(niveau_cda = 'N3') as est_structuree
    from {{ ref('int_versions') }}
    where famille = 'CR_BIO'
    group by finess_ej, set_id

),

sejours_a_lettre_structuree as (

    select distinct documents.sejour_id
    from {{ ref('int_sejours_documents') }} as documents
    inner join {{ ref('int_versions') }} as versions
        on
            documents.finess_ej = versions.finess_ej
            and documents.document_id = versions.document_id
    where
        documents.famille = 'LDL'
        and documents.est_alimentee
        and not documents.est_retire
        and versions.niveau_cda = 'N3'

),

unites as (

    select
        'BIOLOGIE_N3' as complement,
        population.finess_ej,
        population.periode_debut,
        population.periode_fin,
        biologie.est_structuree as remplit
    from {{ ref('pop_hopen_d1_comptes_rendus') }} as population
    left join biologie
        on
            population.finess_ej = biologie.finess_ej
            and population.unite_id = biologie.set_id
    where population.indicateur = 'D1.3'

    union all

    select
        'LETTRE_DE_LIAISON' as complement,
        population.finess_ej,
        population.periode_debut,
        population.periode_fin,
        population.au_numerateur as remplit
    from {{ ref('pop_hopen_d2_2_documents_dmp') }} as population
    inner join {{ ref('int_documents') }} as documents
        on
            population.finess_ej = documents.finess_ej
            and population.unite_id = documents.set_id
            and documents.famille = 'LDL'

    union all

    select
        'LETTRE_STRUCTUREE' as complement,
        population.finess_ej,
        population.periode_debut,
        population.periode_fin,
        lettres.sejour_id is not null as remplit
    from {{ ref('pop_hopen_d6_1_sejours_dmp') }} as population
    left join sejours_a_lettre_structuree as lettres
        on population.unite_id = lettres.sejour_id

)

select
    'HOPEN' as programme,
    complements.indicateur,
    complements.complement,
    unites.finess_ej,
    unites.periode_debut,
    unites.periode_fin,
    complements.libelle,
    complements.unites,
    count(*) filter (where unites.remplit) as nb_remplissant,
    count(*) as nb_concernes,
    cast(100 as double) * count(*) filter (where unites.remplit) / count(*) as taux_complement,
    complements.bonus
from unites
inner join {{ ref('complements_hopen') }} as complements
    on unites.complement = complements.complement
group by
    complements.indicateur, complements.complement, unites.finess_ej, unites.periode_debut, unites.periode_fin,
    complements.libelle, complements.unites, complements.bonus
order by complements.complement, unites.finess_ej, unites.periode_debut, unites.periode_fin
