-- What the operator counted against what the establishment's own traces say: one row per establishment, month, measure
-- and type of document, and why a document that was fed does not make the indicator one unit higher.
-- Guides HOP'EN2 and SUN-ES, « Audit »: « rapprochement des données de l'établissement avec les statistiques » of the
-- CNAM and of the ANS. ecart = nb_constate − nb_traces.
-- The documents fed are put in the first class that applies, so that the classes add up to nb_traces: not what the
-- indicator asks for (format, INS, scan); no séjour or consultation known; its unit is not in the denominator; its unit
-- is counted in another month; withdrawn since; not the first of its unit; counted. The numerator holds besides the units
-- of the month fed in another month: numerateur = nb_comptes + nb_alimentes_autre_mois.

{%- set populations = {
    'P1.O2.LDL': 'pop_hopen2_p1_o2_lettre_liaison',
    'P1.O2.ODS': 'pop_hopen2_p1_o2_ordonnance_sortie',
    'P1.O3': 'pop_hopen2_p1_o3_compte_rendu_operatoire',
    'P1.O4': 'pop_hopen2_p1_o4_compte_rendu_consultation',
    'P1.O5': 'pop_hopen2_p1_o5_biologie',
    'P1.O6': 'pop_hopen2_p1_o6_imagerie',
} %}

with unites as (
    {%- for indicateur, population in populations.items() %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        '{{ indicateur }}' as indicateur,
        finess_ej,
        periode_debut,
        unite_id,
        au_numerateur
    from {{ ref(population) }}
    {%- endfor %}

),

documents_alimentes as (

    -- « Each version once per month. »
    select
        finess_ej,
        mois,
        document_id,
        max(type_code) as type_code,
        max(famille) as famille,
        max(set_id) as set_id,
        max(iep) as iep,
        max(ipp_document) as ipp,
        max(niveau_cda) as niveau_cda,
        max(numerise) as numerise,
        max(ins_qualifiee) as ins_qualifiee,
        max(est_retire) as est_retire
    from {{ ref('int_alimentations') }}
    group by finess_ej, mois, document_id

),

-- An IEP that belongs to several séjours gives its documents to one of them.
sejours_des_venues as (

    select
        finess_ej,
        iep,
        min(sejour_id) as sejour_id
    from {{ ref('int_sejours_venues') }}
    group by finess_ej, iep

),

rattaches as (

    select
        documents.finess_ej,
        documents.mois,
        documents.document_id,
        documents.type_code,
        documents.ipp,
        documents.est_retire,
        familles.indicateur,
        documents.ins_qualifiee
        and not documents.numerise
        and coalesce(
            documents.niveau_cda = 'N1' or documents.niveau_cda = 'N3' and familles.niveau_n3_accepte = 'oui', false
        ) as est_conforme,
        case familles.unite
            when 'SEJOUR' then sejours.sejour_id
            when 'CONSULTATION' then consultations.iep
            when 'DOCUMENT' then documents.set_id
        end as unite_id
    from documents_alimentes as documents
    left join {{ ref('familles_rapprochees') }} as familles
        on documents.famille = familles.famille
    left join sejours_des_venues as sejours
        on
            documents.finess_ej = sejours.finess_ej
            and documents.iep = sejours.iep
    left join {{ ref('int_venues') }} as consultations
        on
            documents.finess_ej = consultations.finess_ej
            and documents.iep = consultations.iep
            and consultations.champ = 'EXTERNE'

),

compares as (

    select
        rattaches.finess_ej,
        rattaches.mois,
        rattaches.type_code,
        rattaches.ipp,
        rattaches.indicateur,
        rattaches.est_conforme,
        rattaches.est_retire,
        rattaches.unite_id,
        unites.unite_id is not null as est_au_denominateur,
        unites.periode_debut = rattaches.mois as est_du_mois,
        row_number() over (
            partition by
                rattaches.finess_ej, rattaches.mois, rattaches.indicateur, rattaches.unite_id,
                rattaches.est_conforme, rattaches.est_retire
            order by rattaches.document_id
        ) as rang
    from rattaches
    left join unites
        on
            rattaches.finess_ej = unites.finess_ej
            and rattaches.indicateur = unites.indicateur
            and rattaches.unite_id = unites.unite_id

),

classes as (

    select
        finess_ej,
        mois,
        type_code,
        ipp,
        case
            when indicateur is null then 'SANS_INDICATEUR'
            when not est_conforme then 'NON_CONFORME'
            when unite_id is null then 'SANS_SEJOUR'
            when not est_au_denominateur then 'HORS_DENOMINATEUR'
            when not est_du_mois then 'AUTRE_MOIS'
            when est_retire then 'RETIRE'
            when rang > 1 then 'SUPPLEMENTAIRE'
            else 'COMPTE'
        end as classe
    from compares

),

classes_par_type as (

    select finess_ej, mois, type_code, ipp, classe
    from classes

    union all

    select finess_ej, mois, 'TOUS' as type_code, ipp, classe
    from classes

),

explications as (

    select
        finess_ej,
        mois,
        type_code,
        count(*) as nb_documents,
        count(distinct ipp) as nb_dmp,
        count(*) filter (where classe = 'SANS_INDICATEUR') as nb_sans_indicateur,
        count(*) filter (where classe = 'NON_CONFORME') as nb_non_conformes,
        count(*) filter (where classe = 'SANS_SEJOUR') as nb_sans_sejour,
        count(*) filter (where classe = 'HORS_DENOMINATEUR') as nb_hors_denominateur,
        count(*) filter (where classe = 'AUTRE_MOIS') as nb_autre_mois,
        count(*) filter (where classe = 'RETIRE') as nb_retires,
        count(*) filter (where classe = 'SUPPLEMENTAIRE') as nb_supplementaires,
        count(*) filter (where classe = 'COMPTE') as nb_comptes
    from classes_par_type
    group by finess_ej, mois, type_code

),

numerateurs as (

    -- Several types of ordonnances make one numerator: none of them has it alone.
    select
        familles.type_code,
        unites.finess_ej,
        unites.periode_debut as mois,
        count(*) filter (where unites.au_numerateur) as numerateur
    from unites
    inner join {{ ref('familles_rapprochees') }} as familles
        on unites.indicateur = familles.indicateur
    group by familles.type_code, unites.finess_ej, unites.periode_debut

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
    from explications

    union all

    select finess_ej, mois, 'DMP_ALIMENTES' as mesure, type_code, nb_dmp as nb_traces
    from explications

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

    -- The establishment keeps no trace of its calls of the téléservice INSi.
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

),

comparaisons as (

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

)

select
    comparaisons.finess_ej,
    comparaisons.mois,
    comparaisons.mesure,
    comparaisons.type_code,
    types.libelle as libelle_type,
    familles.indicateur,
    comparaisons.nb_constate,
    comparaisons.nb_traces,
    comparaisons.nb_constate - comparaisons.nb_traces as ecart,
    explications.nb_sans_indicateur,
    explications.nb_non_conformes,
    explications.nb_sans_sejour,
    explications.nb_hors_denominateur,
    explications.nb_autre_mois,
    explications.nb_retires,
    explications.nb_supplementaires,
    explications.nb_comptes,
    case
        when comparaisons.mesure = 'DOCUMENTS_DMP' and familles.type_code is not null
            then coalesce(numerateurs.numerateur, 0) - coalesce(explications.nb_comptes, 0)
    end as nb_alimentes_autre_mois,
    case
        when comparaisons.mesure = 'DOCUMENTS_DMP' and familles.type_code is not null
            then coalesce(numerateurs.numerateur, 0)
    end as numerateur
from comparaisons
left join explications
    on
        comparaisons.finess_ej = explications.finess_ej
        and comparaisons.mois = explications.mois
        and comparaisons.type_code = explications.type_code
        and comparaisons.mesure = 'DOCUMENTS_DMP'
left join numerateurs
    on
        comparaisons.finess_ej = numerateurs.finess_ej
        and comparaisons.mois = numerateurs.mois
        and comparaisons.type_code = numerateurs.type_code
left join {{ ref('types_documents') }} as types
    on comparaisons.type_code = types.type_code
left join {{ ref('familles_rapprochees') }} as familles
    on types.famille = familles.famille
