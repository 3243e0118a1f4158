{#-
    Séjours made of séances: the greedy search of the guides, without row-by-row code.
    seances: relation (finess_ej, ipp, activite, iep, date_entree, date_sortie, nb_seances); mois: length of the window.
    For every séance, the window that would start there is measured once; the search then only hops from one valid
    start to the next, so its depth is the number of séjours of one patient, whatever the number of patients.
    Returns (finess_ej, ipp, activite, debut, iep): one row per séance placed in a séjour that starts on « debut ».
-#}
{% macro series_de_seances(seances, mois) %}
(
    with recursive ordonnees as (

        select
            finess_ej,
            ipp,
            activite,
            iep,
            date_entree,
            nb_seances,
            row_number() over (partition by finess_ej, ipp, activite order by date_entree, iep) as rang,
            sum(nb_seances) over (
                partition by finess_ej, ipp, activite order by date_entree, iep rows unbounded preceding
            ) as cumul,
            -- « candidates are the séances dated < s + n months »
            count(*) over (
                partition by finess_ej, ipp, activite order by date_entree
                range between unbounded preceding and interval '{{ mois }} months -1 day' following
            ) as dernier_rang,
            sum(nb_seances) over (
                partition by finess_ej, ipp, activite order by date_entree
                range between unbounded preceding and interval '{{ mois }} months -1 day' following
            ) as cumul_fin
        from {{ seances }}

    ),

    debuts_possibles as (

        select
            finess_ej,
            ipp,
            activite,
            date_entree,
            rang,
            dernier_rang,
            cumul_fin - cumul + nb_seances >= {{ var('seances_minimum') }} as est_debut_possible,
            min(case when cumul_fin - cumul + nb_seances >= {{ var('seances_minimum') }} then rang end) over (
                partition by finess_ej, ipp, activite order by rang rows between current row and unbounded following
            ) as debut_possible_suivant
        from ordonnees

    ),

    sauts as (

        select
            debut.finess_ej,
            debut.ipp,
            debut.activite,
            debut.date_entree as debut,
            debut.rang,
            debut.dernier_rang,
            suite.debut_possible_suivant as rang_suivant
        from debuts_possibles as debut
        left join debuts_possibles as suite
            on
                debut.finess_ej = suite.finess_ej
                and debut.ipp = suite.ipp
                and debut.activite = suite.activite
                and suite.rang = debut.dernier_rang + 1
        where debut.est_debut_possible

    ),

    sejours as (

        select
            sauts.finess_ej,
            sauts.ipp,
            sauts.activite,
            sauts.debut,
            sauts.rang,
            sauts.dernier_rang,
            sauts.rang_suivant
        from sauts
        inner join debuts_possibles as premiere
            on
                sauts.finess_ej = premiere.finess_ej
                and sauts.ipp = premiere.ipp
                and sauts.activite = premiere.activite
                and premiere.rang = 1
                and sauts.rang = premiere.debut_possible_suivant

        union all

        select
            sauts.finess_ej,
            sauts.ipp,
            sauts.activite,
            sauts.debut,
            sauts.rang,
            sauts.dernier_rang,
            sauts.rang_suivant
        from sejours
        inner join sauts
            on
                sejours.finess_ej = sauts.finess_ej
                and sejours.ipp = sauts.ipp
                and sejours.activite = sauts.activite
                and sejours.rang_suivant = sauts.rang

    )

    select
        ordonnees.finess_ej,
        ordonnees.ipp,
        ordonnees.activite,
        sejours.debut,
        ordonnees.iep
    from sejours
    inner join ordonnees
        on
            sejours.finess_ej = ordonnees.finess_ej
            and sejours.ipp = ordonnees.ipp
            and sejours.activite = ordonnees.activite
            and ordonnees.rang between sejours.rang and sejours.dernier_rang
)
{% endmacro %}
