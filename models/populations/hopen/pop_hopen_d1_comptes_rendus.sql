-- D1.1, D1.2, D1.3 — comptes rendus d'imagerie, d'anatomo-pathologie, résultats de biologie structurés et consultables.
-- Guide HOP'EN, § 3.1, fiches D1.1 à D1.3 : parmi les comptes rendus de la quinzaine effectués par l'établissement ou son GHT,
-- ceux dont l'en-tête est structuré et que les services consultent sous forme électronique. Un compte rendu numérisé est
-- accepté ; un examen sous-traité n'est pas effectué par l'établissement.
-- Un document par ligne. Les trois fiches donnent une règle ; la famille du document dit pour quel indicateur il compte.

with comptes_rendus as (

    select
        case famille
            when 'CR_IMAGERIE' then 'D1.1'
            when 'CR_ACP' then 'D1.2'
            when 'CR_BIO' then 'D1.3'
        end as indicateur,
        finess_ej,
        set_id,
        date_creation,
        a_une_version_structuree_consultable
    from {{ ref('int_documents') }}
    where
        famille in ('CR_IMAGERIE', 'CR_ACP', 'CR_BIO')
        and producteur is distinct from 'SOUS_TRAITANT'

)

select
    comptes_rendus.indicateur,
    comptes_rendus.finess_ej,
    quinzaines.periode_debut,
    quinzaines.periode_fin,
    'TOUS' as axe,
    comptes_rendus.set_id as unite_id,
    comptes_rendus.a_une_version_structuree_consultable as au_numerateur
from comptes_rendus
inner join {{ ref('int_periodes') }} as quinzaines
    on
        comptes_rendus.finess_ej = quinzaines.finess_ej
        and comptes_rendus.date_creation between quinzaines.periode_debut and quinzaines.periode_fin
        and quinzaines.nature = 'quinzaine'
