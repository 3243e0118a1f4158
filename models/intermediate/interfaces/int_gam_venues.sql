-- Venues known to the GAM, by its table or by its messages, one row each.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- What a message never carries (nb_seances, facturation_ace, consultation_medicale) is the table's, when it has the key too.
-- « A40, A47 and A44 move what the tables carry too »: what was extracted before, or after under the former number.

with tables as (

    select
        lignes.finess_ej,
        lignes.iep,
        coalesce(venues_deplacees.ipp, dossiers_deplaces.ipp, absorptions.ipp_final, lignes.ipp) as ipp,
        lignes.finess_geo,
        lignes.champ,
        lignes.mode_hospitalisation,
        lignes.type_seance,
        lignes.numero_sejour,
        lignes.uf,
        lignes.date_entree,
        lignes.date_sortie,
        lignes.nb_seances,
        lignes.mode_sortie,
        lignes.facturation_ace,
        lignes.consultation_medicale,
        lignes.extrait_le,
        lignes.ligne_source
    from {{ ref('stg_gam__venues_tables') }} as lignes
    left join {{ ref('int_gam_messages_deplacements') }} as venues_deplacees
        on
            lignes.finess_ej = venues_deplacees.finess_ej
            and lignes.iep = venues_deplacees.numero
            and lignes.extrait_le <= venues_deplacees.date_message
    left join {{ ref('int_gam_messages_deplacements') }} as dossiers_deplaces
        on
            lignes.finess_ej = dossiers_deplaces.finess_ej
            and lignes.numero_sejour = dossiers_deplaces.numero
            and lignes.extrait_le <= dossiers_deplaces.date_message
    left join {{ ref('int_gam_absorptions') }} as absorptions
        on
            lignes.finess_ej = absorptions.finess_ej
            and lignes.ipp = absorptions.ipp
            and lignes.extrait_le >= absorptions.date_debut
            and lignes.extrait_le < absorptions.date_fin

)

select
    tables.finess_ej,
    tables.iep,
    tables.ipp,
    tables.finess_geo,
    tables.champ,
    tables.mode_hospitalisation,
    tables.type_seance,
    tables.numero_sejour,
    tables.uf,
    tables.date_entree,
    tables.date_sortie,
    tables.nb_seances,
    tables.mode_sortie,
    tables.facturation_ace,
    tables.consultation_medicale,
    'TABLE' as source,
    tables.ligne_source
from tables
left join {{ ref('int_gam_messages_venues') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.iep = messages.iep
        and messages.date_source >= tables.extrait_le
where messages.finess_ej is null

union all

select
    messages.finess_ej,
    messages.iep,
    messages.ipp,
    messages.finess_geo,
    messages.champ,
    messages.mode_hospitalisation,
    messages.type_seance,
    messages.numero_sejour,
    messages.uf,
    messages.date_entree,
    messages.date_sortie,
    coalesce(messages.nb_seances, tables.nb_seances) as nb_seances,
    messages.mode_sortie,
    coalesce(messages.facturation_ace, tables.facturation_ace) as facturation_ace,
    coalesce(messages.consultation_medicale, tables.consultation_medicale) as consultation_medicale,
    'HL7' as source,
    messages.ligne_source
from {{ ref('int_gam_messages_venues') }} as messages
left join tables
    on
        tables.finess_ej = messages.finess_ej
        and tables.iep = messages.iep
where
    not messages.supprime
    and (tables.finess_ej is null or messages.date_source >= tables.extrait_le)
