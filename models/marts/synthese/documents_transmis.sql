-- « Liste des documents alimentant le DMP », « liste des types de documents transmis par la MSS » (guide oSIS IFAQ 2023,
-- § 6; guide HOP'EN2, justificatifs): what really left, with its numbers. One row per establishment, month, channel and
-- type of document; only successful sendings, withdrawn since or not.
-- obligatoire: a type that the rules oblige to send by MSSanté (« plusieurs documents sont réglementairement obligatoires »,
-- guide HOP'EN2, fiche P1.O7). valide_cme: on the list that the CME validated for that channel, by the end of the month;
-- automatique: that list says that it leaves automatically, null when it does not say.

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
    count(*) filter (where envois.ins_qualifiee) as nb_envois_ins_qualifiee,
    coalesce(max(types.mss_obligatoire) = 'oui', false) as obligatoire,
    count(valides.type_code) > 0 as valide_cme,
    max(valides.automatique) as automatique
from envois
left join {{ ref('types_documents') }} as types
    on envois.type_code = types.type_code
left join {{ ref('stg_declaratif__types_documents_cme') }} as valides
    on
        envois.finess_ej = valides.finess_ej
        and envois.canal = valides.canal
        and envois.type_code = valides.type_code
        and valides.date_validation <= {{ dernier_du_mois('envois.periode_debut') }}
        and valides.date_validation <= {{ date_extraction() }}
group by envois.finess_ej, envois.periode_debut, envois.canal, envois.type_code
order by envois.finess_ej, envois.periode_debut, envois.canal, envois.type_code
