{#-
    Séjours made of séances: the greedy search of the guides, without row-by-row code.
    seances: relation (finess_ej, ipp, activite, iep, date_entree, date_sortie, nb_seances); mois: length of the window.
    For every séance, the window that would start there is measured once; the search then only hops from one valid
    start to the next, on one number, so its depth is the number of séjours of one patient and not of séances.
    Returns (finess_ej, ipp, activite, debut, iep, date_entree, date_sortie): one row per séance placed in a séjour that
    starts on « debut ».
-#}
{% macro series_de_seances(seances, mois) %}
{{ adapter.dispatch('series_de_seances')(seances, mois) }}
{% endmacro %}

{#-
    Spark has neither recursion without a limit of levels nor a range of months in a frame: the séances of a patient are
    folded in order. « en_attente » are those since the first that may still begin a séjour, all in its window; when they
    are enough the window opens, and no séance waits until it ends.
-#}
{% macro default__series_de_seances(seances, mois) %}
(
    with ordonnees as (

        select
            finess_ej,
            ipp,
            activite,
            array_sort(collect_list(struct(date_entree, iep, date_sortie, nb_seances))) as seances
        from {{ seances }}
        group by finess_ej, ipp, activite

    ),

    numerotees as (

        select
            finess_ej,
            ipp,
            activite,
            transform(
                seances,
                (seance, rang) -> struct(
                    rang,
                    seance.iep,
                    seance.date_entree,
                    seance.date_sortie,
                    -- « candidates are the séances dated < s + n months »
                    {{ date_moins_un_jour(date_plus_mois('seance.date_entree', mois)) }} as dernier_jour,
                    cast(seance.nb_seances as bigint) as nb_seances
                )
            ) as seances
        from ordonnees

    ),

    fenetres as (

        select
            finess_ej,
            ipp,
            activite,
            seances,
            aggregate(
                seances,
                named_struct('en_attente', slice(seances, 1, 0), 'ouvertes', slice(seances, 1, 0)),
                (etat, seance) -> case
                    when element_at(etat.ouvertes, -1).dernier_jour >= seance.date_entree then etat
                    else aggregate(
                        array(filter(concat(etat.en_attente, array(seance)), attente -> attente.dernier_jour >= seance.date_entree)),
                        etat,
                        (avant, en_attente) -> case
                            when
                                aggregate(en_attente, cast(0 as bigint), (nb, attente) -> nb + attente.nb_seances)
                                >= {{ var('seances_minimum') }}
                                then named_struct(
                                    'en_attente', slice(seances, 1, 0),
                                    'ouvertes', concat(avant.ouvertes, slice(en_attente, 1, 1))
                                )
                            else named_struct('en_attente', en_attente, 'ouvertes', avant.ouvertes)
                        end
                    )
                end
            ).ouvertes as ouvertes
        from numerotees

    ),

    eclatees as (

        select
            finess_ej,
            ipp,
            activite,
            inline(seances),
            ouvertes
        from fenetres

    ),

    rattachees as (

        select
            finess_ej,
            ipp,
            activite,
            iep,
            date_entree,
            date_sortie,
            element_at(filter(ouvertes, ouverte -> ouverte.rang <= eclatees.rang), -1) as ouverte
        from eclatees

    )

    select
        finess_ej,
        ipp,
        activite,
        ouverte.date_entree as debut,
        iep,
        date_entree,
        date_sortie
    from rattachees
    where date_entree <= ouverte.dernier_jour
)
{% endmacro %}

{% macro duckdb__series_de_seances(seances, mois) %}
(
    with recursive ordonnees as (

        select
            finess_ej,
            ipp,
            activite,
            iep,
            date_entree,
            date_sortie,
            nb_seances,
            row_number() over (order by finess_ej, ipp, activite, date_entree, iep) as numero,
            row_number() over (partition by finess_ej, ipp, activite order by date_entree, iep) as rang,
            sum(nb_seances) over (
                partition by finess_ej, ipp, activite order by date_entree, iep rows unbounded preceding
            ) as cumul,
            -- « candidates are the séances dated < s + n months »
            count(*) over (
                partition by finess_ej, ipp, activite order by date_entree
                range between unbounded preceding and interval '{{ mois }} months -1 day' following
            ) as rang_fin,
            sum(nb_seances) over (
                partition by finess_ej, ipp, activite order by date_entree
                range between unbounded preceding and interval '{{ mois }} months -1 day' following
            ) as cumul_fin
        from {{ seances }}

    ),

    fenetres as (

        select
            finess_ej,
            ipp,
            activite,
            numero,
            rang,
            numero + rang_fin - rang as numero_fin,
            cumul_fin - cumul + nb_seances >= {{ var('seances_minimum') }} as est_debut_possible,
            min(case when cumul_fin - cumul + nb_seances >= {{ var('seances_minimum') }} then numero end) over (
                partition by finess_ej, ipp, activite order by numero rows between current row and unbounded following
            ) as debut_suivant
        from ordonnees

    ),

    sauts as (

        select
            debut.numero,
            debut.numero_fin,
            suite.debut_suivant
        from fenetres as debut
        left join fenetres as suite
            on
                debut.finess_ej = suite.finess_ej
                and debut.ipp = suite.ipp
                and debut.activite = suite.activite
                and suite.numero = debut.numero_fin + 1
        where debut.est_debut_possible

    ),

    debuts as (

        select
            sauts.numero,
            sauts.numero_fin,
            sauts.debut_suivant
        from sauts
        inner join fenetres as premiere
            on
                premiere.rang = 1
                and sauts.numero = premiere.debut_suivant

        union all

        select
            sauts.numero,
            sauts.numero_fin,
            sauts.debut_suivant
        from debuts
        inner join sauts
            on debuts.debut_suivant = sauts.numero

    ),

    rattachees as (

        select
            ordonnees.finess_ej,
            ordonnees.ipp,
            ordonnees.activite,
            ordonnees.iep,
            ordonnees.date_entree,
            ordonnees.date_sortie,
            ordonnees.numero,
            max(debuts.numero_fin) over (
                partition by ordonnees.finess_ej, ordonnees.ipp, ordonnees.activite
                order by ordonnees.numero rows unbounded preceding
            ) as numero_fin,
            max(case when debuts.numero is not null then ordonnees.date_entree end) over (
                partition by ordonnees.finess_ej, ordonnees.ipp, ordonnees.activite
                order by ordonnees.numero rows unbounded preceding
            ) as debut
        from ordonnees
        left join debuts
            on ordonnees.numero = debuts.numero

    )

    select
        finess_ej,
        ipp,
        activite,
        debut,
        iep,
        date_entree,
        date_sortie
    from rattachees
    where numero <= numero_fin
)
{% endmacro %}
