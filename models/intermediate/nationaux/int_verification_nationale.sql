-- Vérification nationale : ce que l'opérateur compte en face de chaque indicateur, et ce qu'en montrent les traces. Une ligne
-- par indicateur qui en a une, établissement et mois. Un indicateur a la sienne ou celle de son jumeau (catalogue).
-- Guide HOP'EN2 phase 1, objectifs 2 à 6 : documents en CDA R2 N1 (N1 ou N3 pour la biologie), d'INS qualifiée et non numérisés,
-- alimentés dans le mois, de tout patient, avec les exclusions de l'indicateur ; « lots » d'ordonnances d'un séjour retenu, que
-- l'opérateur ne compte pas. Un document retiré depuis a été reçu.

with documents_conformes as (

    select
        alimentations.finess_ej,
        alimentations.mois,
        alimentations.document_id,
        alimentations.lot_id,
        alimentations.iep,
        mesures.indicateur,
        mesures.traces
    from {{ ref('int_alimentations') }} as alimentations
    inner join {{ ref('mesures_nationales') }} as mesures
        on
            alimentations.famille = mesures.famille
            and (
                alimentations.niveau_cda = 'N1'
                or alimentations.niveau_cda = 'N3' and mesures.niveau_n3_accepte = 'oui'
            )
    where
        alimentations.ins_qualifiee
        and not alimentations.numerise
        and alimentations.est_a_alimenter

),

traces as (

    select
        finess_ej,
        mois,
        indicateur,
        count(distinct document_id) as nb_traces
    from documents_conformes
    where traces = 'DOCUMENTS'
    group by finess_ej, mois, indicateur

    union all

    select
        lots.finess_ej,
        lots.mois,
        lots.indicateur,
        count(distinct lots.lot_id) as nb_traces
    from documents_conformes as lots
    inner join {{ ref('int_sejours_venues') }} as rattachements
        on
            lots.finess_ej = rattachements.finess_ej
            and lots.iep = rattachements.iep
    inner join {{ ref('int_sejours') }} as sejours
        on
            rattachements.sejour_id = sejours.sejour_id
            and sejours.retenu
    where lots.traces = 'LOTS'
    group by lots.finess_ej, lots.mois, lots.indicateur

)

select
    indicateurs.indicateur,
    mois.finess_ej,
    mois.periode_debut,
    case
        when mesures.traces = 'MESURE' then coalesce(chiffres.nb_traces, 0)
        when mesures.traces <> 'AUCUNE' then coalesce(traces.nb_traces, 0)
    end as nb_traces,
    cast(chiffres.nb_constate as bigint) as nb_constate
from {{ ref('catalogue_indicateurs') }} as indicateurs
inner join {{ ref('mesures_nationales') }} as mesures
    on indicateurs.verification = mesures.indicateur
inner join {{ ref('int_periodes') }} as mois
    on mois.nature = 'mois'
left join traces
    on
        mesures.indicateur = traces.indicateur
        and mois.finess_ej = traces.finess_ej
        and mois.periode_debut = traces.mois
left join {{ ref('int_chiffres_nationaux') }} as chiffres
    on
        mesures.mesure = chiffres.mesure
        and mesures.type_code = chiffres.type_code
        and mois.finess_ej = chiffres.finess_ej
        and mois.periode_debut = chiffres.mois
