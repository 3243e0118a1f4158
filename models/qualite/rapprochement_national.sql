-- What the operator counted against what the establishment's own traces say: one row per establishment, month, measure
-- and type of document, and why a document that was fed does not make the indicator one unit higher.
-- Guides HOP'EN2 and SUN-ES, « Audit »: « rapprochement des données de l'établissement avec les statistiques » of the
-- CNAM and of the ANS. ecart = nb_constate − nb_traces (int_chiffres_nationaux).
-- The documents fed are put in the first class that applies, so that the classes add up to nb_traces: not what the
-- indicator asks for (format, INS, scan); no séjour or consultation known; its unit is not in the denominator; its unit
-- is counted in another month; withdrawn since; not the first of its unit; counted. The numerator holds besides the units
-- of the month fed in another month: numerateur = nb_comptes + nb_alimentes_autre_mois.

with unites as (

    select
        mesures.indicateur,
        unites.finess_ej,
        unites.periode_debut,
        unites.unite_id,
        unites.au_numerateur
    from {{ ref('int_unites') }} as unites
    inner join {{ ref('catalogue_indicateurs') }} as indicateurs
        on unites.population = indicateurs.population
    inner join {{ ref('mesures_nationales') }} as mesures
        on indicateurs.indicateur = mesures.indicateur
    where unites.etape is not null

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
    left join {{ ref('mesures_nationales') }} as familles
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
    inner join {{ ref('mesures_nationales') }} as familles
        on unites.indicateur = familles.indicateur
    group by familles.type_code, unites.finess_ej, unites.periode_debut

)

select
    chiffres.finess_ej,
    chiffres.mois,
    chiffres.mesure,
    chiffres.type_code,
    types.libelle as libelle_type,
    familles.indicateur,
    chiffres.nb_constate,
    chiffres.nb_traces,
    chiffres.nb_constate - chiffres.nb_traces as ecart,
    explications.nb_sans_indicateur,
    explications.nb_non_conformes,
    explications.nb_sans_sejour,
    explications.nb_hors_denominateur,
    explications.nb_autre_mois,
    explications.nb_retires,
    explications.nb_supplementaires,
    explications.nb_comptes,
    case
        when chiffres.mesure = 'DOCUMENTS_DMP' and familles.type_code is not null
            then coalesce(numerateurs.numerateur, 0) - coalesce(explications.nb_comptes, 0)
    end as nb_alimentes_autre_mois,
    case
        when chiffres.mesure = 'DOCUMENTS_DMP' and familles.type_code is not null
            then coalesce(numerateurs.numerateur, 0)
    end as numerateur
from {{ ref('int_chiffres_nationaux') }} as chiffres
left join explications
    on
        chiffres.finess_ej = explications.finess_ej
        and chiffres.mois = explications.mois
        and chiffres.type_code = explications.type_code
        and chiffres.mesure = 'DOCUMENTS_DMP'
left join numerateurs
    on
        chiffres.finess_ej = numerateurs.finess_ej
        and chiffres.mois = numerateurs.mois
        and chiffres.type_code = numerateurs.type_code
left join {{ ref('types_documents') }} as types
    on chiffres.type_code = types.type_code
left join {{ ref('mesures_nationales') }} as familles
    on types.famille = familles.famille
order by chiffres.finess_ej, chiffres.mois, chiffres.mesure, chiffres.type_code
