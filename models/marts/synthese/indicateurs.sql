-- Every indicator in one long table: one row per indicator, establishment, period and value of the axis.

with resultats as (
    {%- for table in tables_des_indicateurs() %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        '{{ table.nom }}' as nom_table,
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
        ecart_points,
        cible,
        cible_atteinte,
        restant_pour_cible,
        applicable,
        motif_non_applicable,
        source_seance,
        {{ 'mois_recueil' if table.recueil else 'cast(null as boolean) as mois_recueil' }}
    from {{ ref(table.nom) }}
    {%- endfor %}

),

-- A flux that is missing hides, in motif_non_applicable, that the guide asks nothing.
non_demandes as (

    select distinct
        indicateur,
        finess_ej,
        motif_non_demande
    from {{ ref('int_grille') }}
    where motif_non_demande is not null

),

flux_manquants as (

    select
        indicateur,
        finess_ej,
        {{ liste_triee("replace(flux, ' | ', ' ou ')", 'flux is not null') }} as flux
    from {{ ref('int_flux_absents') }}
    group by indicateur, finess_ej

),

situations as (

    select
        resultats.*,
        catalogue.nature,
        coalesce(non_demandes.motif_non_demande, resultats.motif_non_applicable) as motif,
        flux_manquants.flux as flux_manquants,
        {{ situation(
            'resultats.applicable', 'resultats.cible', 'resultats.cible_atteinte',
            "case when non_demandes.motif_non_demande is null and (resultats.motif_non_applicable = 'FLUX_ABSENT'"
            ~ " or catalogue.nature = 'declaratif') then 'NON_MESURE' else 'NON_APPLICABLE' end"
        ) }} as situation
    from resultats
    inner join {{ ref('catalogue_indicateurs') }} as catalogue
        on resultats.indicateur = catalogue.indicateur
    left join non_demandes
        on
            resultats.indicateur = non_demandes.indicateur
            and resultats.finess_ej = non_demandes.finess_ej
    left join flux_manquants
        on
            resultats.indicateur = flux_manquants.indicateur
            and resultats.finess_ej = flux_manquants.finess_ej

)

select
    resultats.programme,
    resultats.indicateur,
    resultats.finess_ej,
    catalogue.periode as nature_periode,
    resultats.periode_debut,
    resultats.periode_fin,
    {{ libelle_periode('resultats.periode_debut', 'resultats.periode_fin') }} as periode_libelle,
    resultats.periode_complete,
    resultats.axe,
    case
        when resultats.axe = 'TOUS' then 'Ensemble'
        when resultats.axe = 'SEJOUR' then 'Séjours'
        when resultats.axe = 'CONSULTATION' then 'Consultations externes'
        -- A profession is named by its own word.
        else coalesce(types.libelle, resultats.axe)
    end as axe_libelle,
    resultats.axe = 'TOUS' as axe_est_total,
    resultats.numerateur,
    resultats.denominateur,
    resultats.taux,
    resultats.numerateur_national_traces,
    resultats.numerateur_national_constate,
    resultats.taux_national,
    resultats.ecart_points,
    resultats.cible,
    resultats.cible_atteinte,
    resultats.restant_pour_cible,
    resultats.applicable,
    resultats.motif_non_applicable,
    resultats.situation,
    case
        when resultats.situation = 'NON_MESURE' and resultats.motif = 'FLUX_ABSENT'
            then 'il manque ' || resultats.flux_manquants
        when resultats.situation = 'NON_MESURE' then 'à déclarer'
        when resultats.motif = 'ACTIVITE_ABSENTE' then 'activité absente'
        when resultats.motif = 'NON_CONCERNE' then 'établissement non concerné'
        when resultats.motif = 'AUCUN_CAS' then 'aucun cas dans la période'
    end as situation_raison,
    resultats.source_seance,
    resultats.mois_recueil,
    -- Nothing is hidden in the warehouse; the published copies say where they hide a count.
    false as masque,
    catalogue.ordre,
    catalogue.libelle,
    catalogue.nature,
    resultats.nom_table,
    etablissements.raison_sociale,
    etablissements.ght
from situations as resultats
left join {{ ref('catalogue_indicateurs') }} as catalogue
    on resultats.indicateur = catalogue.indicateur
left join {{ ref('stg_reference__etablissements') }} as etablissements
    on resultats.finess_ej = etablissements.finess_ej
left join {{ ref('types_documents') }} as types
    on resultats.axe = types.type_code
order by catalogue.ordre, resultats.finess_ej, resultats.periode_debut, resultats.periode_fin, resultats.axe
