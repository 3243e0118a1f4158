-- « Liste des documents alimentant le DMP », « liste des types de documents transmis par la MSS » (guide oSIS IFAQ 2023,
-- § 6; guide HOP'EN2, justificatifs): what really left, with its numbers. One row per establishment, month, channel and
-- type of document; only successful sendings, withdrawn since or not.

with envois as (

    select
        finess_ej,
        mois as periode_debut,
        'DMP' as canal,
        type_code,
        set_id,
        niveau_cda,
        ins_qualifiee
    from {{ ref('int_alimentations') }}

    union all

    select
        finess_ej,
        periode_debut,
        case when canal = 'PRO' then 'MSS_PRO' else 'MSS_CITOYENNE' end as canal,
        type_code,
        set_id,
        niveau_cda,
        ins_qualifiee
    from {{ ref('int_messages_mss') }}
    where document_connu

)

select
    envois.finess_ej,
    envois.periode_debut,
    envois.canal,
    envois.type_code,
    coalesce(max(types.libelle), 'Type hors nomenclature') as libelle,
    count(*) as nb_envois,
    count(distinct envois.set_id) as nb_documents,
    count(*) filter (where envois.niveau_cda in ('N1', 'N3')) as nb_envois_cda,
    count(*) filter (where envois.ins_qualifiee) as nb_envois_ins_qualifiee
from envois
left join {{ ref('types_documents') }} as types
    on envois.type_code = types.type_code
group by envois.finess_ej, envois.periode_debut, envois.canal, envois.type_code
