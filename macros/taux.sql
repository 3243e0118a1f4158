{#-
    The only place of the arithmetic of an indicator. One row per row of the grid, whatever was counted: unrounded
    rate, null on an empty denominator. Rows are in order, so that two builds write the same file.

    code: the indicator; population: relation (finess_ej, periode_debut, periode_fin, axe, au_numerateur), one row per
    unit of the denominator. complements: relation (finess_ej, periode_debut, axe, …) of further
    columns, whose names colonnes lists. calculs: name → expression of further columns computed from the others.
    denominateur_vise: expression of the denominator on which the target is judged, when it is not the indicator's own.
    partagee: the population serves several indicators and says in a column « indicateur » which one a row is for.
    denominateur_commun: every value of the axis has the same denominator. The population then holds each unit once with
    axe = 'TOUS', and once more for each value of the axis for which it is in the numerator.
-#}
{% macro calculer_taux(
    code, population, complements=none, colonnes=[], calculs={},
    denominateur_vise='denominateur', partagee=false, denominateur_commun=false
) -%}
    select
        programme,
        indicateur,
        finess_ej,
        periode_debut,
        periode_fin,
        periode_complete,
        axe,
        numerateur,
        denominateur,
        taux,
        numerateur_national_traces,
        numerateur_national_constate,
        taux_national,
        taux_national - taux as ecart_points,
        cible,
        case when applicable then cast(100 as double) * numerateur / ({{ denominateur_vise }}) >= cible end as cible_atteinte,
        case
            when applicable and cible is not null
                then
                    greatest(
                        0, cast(ceil(cast(cible as double) * ({{ denominateur_vise }}) / 100) as bigint) - numerateur
                    )
        end as restant_pour_cible,
        applicable,
        motif_non_applicable,
        source_seance
        {%- for colonne in colonnes %},
        {{ colonne }}
        {%- endfor %}
        {%- for colonne, expression in calculs.items() %},
        {{ expression }} as {{ colonne }}
        {%- endfor %}
    from (
        select
            *,
            case
                when motif_etablissement is distinct from 'FLUX_ABSENT'
                    then {{ taux_de('numerateur', 'denominateur') }}
            end as taux,
            case
                when motif_etablissement is distinct from 'FLUX_ABSENT'
                    then
                        cast(100 as double) * coalesce(numerateur_national_constate, numerateur_national_traces)
                        / nullif(denominateur, 0)
            end as taux_national,
            motif_etablissement is null and denominateur > 0 as applicable,
            case
                when motif_etablissement is not null then motif_etablissement
                when denominateur = 0 then 'AUCUN_CAS'
            end as motif_non_applicable
        from (
            select
                grille.programme,
                grille.indicateur,
                grille.finess_ej,
                grille.periode_debut,
                grille.periode_fin,
                grille.periode_complete,
                grille.axe,
                grille.cible,
                grille.motif_etablissement,
                grille.source_seance,
                coalesce(comptes.numerateur, 0) as numerateur,
                coalesce({{ 'communs' if denominateur_commun else 'comptes' }}.denominateur, 0) as denominateur,
                verification.nb_traces as numerateur_national_traces,
                verification.nb_constate as numerateur_national_constate
                {%- for colonne in colonnes %},
                complements.{{ colonne }}
                {%- endfor %}
            from {{ ref('int_grille') }} as grille
            left join (
                select
                    finess_ej,
                    periode_debut,
                    periode_fin,
                    axe,
                    count(*) filter (where au_numerateur) as numerateur,
                    count(*) as denominateur
                from {{ population }}
                {%- if partagee %}
                where indicateur = '{{ code }}'
                {%- endif %}
                group by finess_ej, periode_debut, periode_fin, axe
            ) as comptes
                on
                    grille.finess_ej = comptes.finess_ej
                    and grille.periode_debut = comptes.periode_debut
                    and grille.periode_fin = comptes.periode_fin
                    and grille.axe = comptes.axe
            {%- if denominateur_commun %}
            left join (
                select
                    finess_ej,
                    periode_debut,
                    periode_fin,
                    count(*) as denominateur
                from {{ population }}
                where
                    axe = 'TOUS'
                    {%- if partagee %}
                    and indicateur = '{{ code }}'
                    {%- endif %}
                group by finess_ej, periode_debut, periode_fin
            ) as communs
                on
                    grille.finess_ej = communs.finess_ej
                    and grille.periode_debut = communs.periode_debut
                    and grille.periode_fin = communs.periode_fin
            {%- endif %}
            left join {{ ref('int_verification_nationale') }} as verification
                on
                    grille.indicateur = verification.indicateur
                    and grille.finess_ej = verification.finess_ej
                    and grille.periode_debut = verification.periode_debut
            {%- if complements %}
            left join {{ complements }} as complements
                on
                    grille.finess_ej = complements.finess_ej
                    and grille.periode_debut = complements.periode_debut
                    and grille.axe = complements.axe
            {%- endif %}
            where grille.indicateur = '{{ code }}'
        ) as comptees
    ) as calculees
    order by finess_ej, periode_debut, periode_fin, axe
{%- endmacro %}

{#- A rate: percentage, unrounded, null on an empty denominator. -#}
{% macro taux_de(numerateur, denominateur) -%}
    cast(100 as double) * {{ numerateur }} / nullif({{ denominateur }}, 0)
{%- endmacro %}

{#- An indicator that is a number, without denominator nor rate. comptes: relation (finess_ej, periode_debut, axe, au_numerateur). -#}
{% macro compter(code, population) -%}
    select
        grille.programme,
        grille.indicateur,
        grille.finess_ej,
        grille.periode_debut,
        grille.periode_fin,
        grille.periode_complete,
        grille.axe,
        coalesce(comptes.numerateur, 0) as numerateur,
        cast(null as bigint) as denominateur,
        cast(null as double) as taux,
        cast(null as bigint) as numerateur_national_traces,
        cast(null as bigint) as numerateur_national_constate,
        cast(null as double) as taux_national,
        cast(null as double) as ecart_points,
        grille.cible,
        cast(null as boolean) as cible_atteinte,
        cast(null as bigint) as restant_pour_cible,
        grille.motif_etablissement is null as applicable,
        grille.motif_etablissement as motif_non_applicable,
        grille.source_seance
    from {{ ref('int_grille') }} as grille
    left join (
        select
            finess_ej,
            periode_debut,
            axe,
            count(*) filter (where au_numerateur) as numerateur
        from {{ population }}
        group by finess_ej, periode_debut, axe
    ) as comptes
        on
            grille.finess_ej = comptes.finess_ej
            and grille.periode_debut = comptes.periode_debut
            and grille.axe = comptes.axe
    where grille.indicateur = '{{ code }}'
    order by grille.finess_ej, grille.periode_debut, grille.periode_fin, grille.axe
{%- endmacro %}

{#- The month that an establishment would choose: the highest rate, of equals the one that counts more units, then the first. -#}
{% macro meilleur_d_abord() -%}
    taux desc, denominateur desc, periode_debut
{%- endmacro %}

{#-
    Where an indicator stands, in one word: reached or not, followed without a target, or what sinon says. « Non mesuré » is
    what the guide asks and the data do not tell; « non applicable » what it does not ask, or has no case.
-#}
{% macro situation(applicable, cible, cible_atteinte, sinon) -%}
    case
        when {{ applicable }} and {{ cible }} is null then 'SANS_CIBLE'
        when {{ applicable }} and {{ cible_atteinte }} then 'ATTEINT'
        when {{ applicable }} then 'NON_ATTEINT'
        else {{ sinon }}
    end
{%- endmacro %}
