-- Ce que les opérateurs nationaux ont compté, et ce que montrent les traces de l'établissement : une ligne par établissement,
-- mois, mesure et type de document.
-- Guides HOP'EN2 et SUN-ES, « Audit » : « rapprochement des données de l'établissement avec les statistiques » de la CNAM et
-- de l'ANS. Une version envoyée deux fois dans le mois est reçue une fois.

with documents_par_type as (

    select
        finess_ej,
        mois,
        type_code,
        document_id,
        ipp_document
    from {{ ref('int_alimentations') }}

    union all

    select
        finess_ej,
        mois,
        'TOUS' as type_code,
        document_id,
        ipp_document
    from {{ ref('int_alimentations') }}

),

documents as (

    select
        finess_ej,
        mois,
        type_code,
        count(distinct document_id) as nb_documents,
        count(distinct ipp_document) as nb_dmp
    from documents_par_type
    group by finess_ej, mois, type_code

),

messages as (

    select
        finess_ej,
        periode_debut as mois,
        count(*) filter (where canal = 'PRO' and porte_un_document) as nb_messages_pro_avec_document,
        count(distinct case when canal = 'PRO' and porte_un_document then adresse_destinataire end) as nb_correspondants_pro,
        count(distinct case when canal = 'CITOYENNE' then ipp end) as nb_patients_citoyenne
    from {{ ref('int_messages_mss') }}
    group by finess_ej, periode_debut

),

traces as (

    select finess_ej, mois, 'DOCUMENTS_DMP' as mesure, type_code, nb_documents as nb_traces
    from documents

    union all

    select finess_ej, mois, 'DMP_ALIMENTES' as mesure, type_code, nb_dmp as nb_traces
    from documents

    union all

    select finess_ej, mois, 'MESSAGES_PRO' as mesure, 'TOUS' as type_code, nb_messages_pro_avec_document as nb_traces
    from messages

    union all

    select finess_ej, mois, 'CORRESPONDANTS_PRO' as mesure, 'TOUS' as type_code, nb_correspondants_pro as nb_traces
    from messages

    union all

    select finess_ej, mois, 'PATIENTS_CITOYENNE' as mesure, 'TOUS' as type_code, nb_patients_citoyenne as nb_traces
    from messages

),

constats as (

    select finess_ej, mois, 'DOCUMENTS_DMP' as mesure, type_code, nb_documents as nb_constate
    from {{ ref('stg_national__cnam_alimentation_dmp') }}

    union all

    select finess_ej, mois, 'DMP_ALIMENTES' as mesure, type_code, nb_dmp_alimentes as nb_constate
    from {{ ref('stg_national__cnam_alimentation_dmp') }}
    where nb_dmp_alimentes is not null

    union all

    -- L'établissement ne garde pas trace de ses appels au téléservice INSi.
    select finess_ej, mois, 'APPELS_INSI' as mesure, 'TOUS' as type_code, nb_appels as nb_constate
    from {{ ref('stg_national__cnam_appels_insi') }}

    union all

    select finess_ej, mois, 'MESSAGES_PRO' as mesure, 'TOUS' as type_code, nb_messages_pro_avec_document as nb_constate
    from {{ ref('stg_national__ans_mssante') }}
    where nb_messages_pro_avec_document is not null

    union all

    select finess_ej, mois, 'CORRESPONDANTS_PRO' as mesure, 'TOUS' as type_code, nb_correspondants_pro as nb_constate
    from {{ ref('stg_national__ans_mssante') }}
    where nb_correspondants_pro is not null

    union all

    select finess_ej, mois, 'PATIENTS_CITOYENNE' as mesure, 'TOUS' as type_code, nb_patients_citoyenne as nb_constate
    from {{ ref('stg_national__ans_mssante') }}
    where nb_patients_citoyenne is not null

)

select
    coalesce(constats.finess_ej, traces.finess_ej) as finess_ej,
    coalesce(constats.mois, traces.mois) as mois,
    coalesce(constats.mesure, traces.mesure) as mesure,
    coalesce(constats.type_code, traces.type_code) as type_code,
    constats.nb_constate,
    case
        when coalesce(constats.mesure, traces.mesure) <> 'APPELS_INSI' then coalesce(traces.nb_traces, 0)
    end as nb_traces
from constats
full outer join traces
    on
        constats.finess_ej = traces.finess_ej
        and constats.mois = traces.mois
        and constats.mesure = traces.mesure
        and constats.type_code = traces.type_code
where coalesce(constats.mois, traces.mois) <= {{ date_extraction() }}
