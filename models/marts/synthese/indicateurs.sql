-- Every indicator in one long table: one row per indicator, establishment, period and value of the axis.
-- The list is written out, in the order of the catalogue: a table that disappears breaks the build instead of the figures.

{%- set tables = [
    'hopen2_p1_o1_ins_qualifiee',
    'hopen2_p1_o2_lettre_liaison',
    'hopen2_p1_o2_ordonnance_sortie',
    'hopen2_p1_o3_compte_rendu_operatoire',
    'hopen2_p1_o4_compte_rendu_consultation',
    'hopen2_p1_o5_biologie',
    'hopen2_p1_o6_imagerie',
    'hopen2_p1_o7_mss_pro',
    'hopen2_p1_o8_mss_citoyenne',
    'ifaq_d2_2i_alimentation_dmp',
    'ifaq_d6_3i_mss',
    'sun_es_ds1_1_lettre_liaison',
    'sun_es_ds1_2_ordonnance_sortie',
    'sun_es_ds1_3_compte_rendu_operatoire',
    'sun_es_ds1_4_historique',
    'sun_es_ds2_1_biologie',
    'sun_es_ds3_1_imagerie',
    'sun_es_ds4_1_mss_pro',
    'sun_es_ds4_2_mss_citoyenne',
    'sun_es_ds4_3_cas_usage_cme',
    'hopen_d1_1_imagerie',
    'hopen_d1_2_anatomo_pathologie',
    'hopen_d1_3_biologie',
    'hopen_d1_5_acces_services',
    'hopen_d2_2_documents_dmp',
    'hopen_d2_3_services_dpi',
    'hopen_d2_4_sejours_dpi',
    'hopen_d2_5_consultations_dpi',
    'hopen_d3_1_prescription_medicaments',
    'hopen_d3_2_prescription_biologie',
    'hopen_d3_3_demande_imagerie',
    'hopen_d3_4_actes_infirmiers',
    'hopen_d3_5_plan_de_soins',
    'hopen_d4_1_planning_patient',
    'hopen_d4_2_bloc',
    'hopen_d4_3_ace',
    'hopen_d4_4_imagerie',
    'hopen_d5_1_si_pilotage',
    'hopen_d5_2_poles_couverts',
    'hopen_d5_3_dialogue_gestion',
    'hopen_d6_1_sejours_dmp',
    'hopen_d6_2_annuaire',
    'hopen_d6_3_mss',
    'hopen_d7_1_rdv_en_ligne',
    'hopen_d7_2_preadmission',
    'hopen_d7_3_paiement',
    'segur_v2_information_non_opposition',
    'segur_v2_information_opposition',
    'segur_v2_alimentation_sejours',
    'segur_v2_alimentation_historique',
    'segur_v2_consultation_telechargements',
    'segur_v2_consultation_integrations',
    'segur_v2_consultation_utilisateurs',
    'segur_v2_consultation_sejours',
    'segur_v2_consultation_consultations',
    'segur_v2_mss_sejours',
    'segur_v2_mss_correspondants',
    'segur_v2_mss_citoyenne_sejours',
    'segur_v2_mss_citoyenne_patients',
    'segur_v2_mss_integrations_manuelles',
] %}
{%- set tables_avec_mois_recueil = ['ifaq_d2_2i_alimentation_dmp', 'ifaq_d6_3i_mss'] %}

with resultats as (
    {%- for table in tables %}
    {%- if not loop.first %}

    union all
    {%- endif %}

    select
        '{{ table }}' as nom_table,
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
        {{ 'mois_recueil' if table in tables_avec_mois_recueil else 'cast(null as boolean)' }} as mois_recueil
    from {{ ref(table) }}
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
