-- D2.2 — documents publiés dans le DMP.
-- Guide HOP'EN, § 3.2, fiche D2.2 : parmi les courriers, comptes rendus, traitements et synthèses produits dans les trois mois
-- pour un patient qui avait un DMP à l'admission, ceux publiés dans le DMP, dans tout format. Les familles sont celles que
-- types_documents marque hopen_dmp : la fiche cite l'imagerie et la biologie, non l'anatomie pathologique. Un document sans
-- venue connue n'a pas d'admission : sa création en tient lieu.
-- Un document par ligne.

with admissions as (

    select
        finess_ej,
        iep,
        min(date_entree) as date_admission
    from {{ ref('int_venues') }}
    group by finess_ej, iep

),

documents_a_publier as (

    select
        documents.finess_ej,
        documents.set_id,
        documents.ipp,
        documents.date_creation,
        documents.est_alimente,
        documents.date_alimentation,
        coalesce(admissions.date_admission, documents.date_creation) as date_admission
    from {{ ref('int_documents') }} as documents
    inner join {{ ref('types_documents') }} as types
        on
            documents.type_code = types.type_code
            and types.hopen_dmp = 'oui'
    left join admissions
        on
            documents.finess_ej = admissions.finess_ej
            and documents.iep = admissions.iep

)

select
    documents_a_publier.finess_ej,
    trimestres.periode_debut,
    trimestres.periode_fin,
    'TOUS' as axe,
    documents_a_publier.set_id as unite_id,
    documents_a_publier.est_alimente as au_numerateur,
    documents_a_publier.date_alimentation as date_envoi
from documents_a_publier
inner join {{ ref('int_dmp_patients') }} as dmp
    on
        documents_a_publier.finess_ej = dmp.finess_ej
        and documents_a_publier.ipp = dmp.ipp
        and documents_a_publier.date_admission between dmp.valable_du and dmp.valable_au
        and dmp.a_un_dmp
inner join {{ ref('int_periodes') }} as trimestres
    on
        documents_a_publier.finess_ej = trimestres.finess_ej
        and documents_a_publier.date_creation between trimestres.periode_debut and trimestres.periode_fin
        and trimestres.nature = 'trimestre_glissant'
