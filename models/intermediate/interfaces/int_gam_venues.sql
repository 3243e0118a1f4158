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
    coalesce(tables.finess_ej, messages.finess_ej) as finess_ej,
    coalesce(tables.iep, messages.iep) as iep,
    {{ le_plus_recent('ipp') }},
    {{ le_plus_recent('finess_geo') }},
    {{ le_plus_recent('champ') }},
    {{ le_plus_recent('mode_hospitalisation') }},
    {{ le_plus_recent('type_seance') }},
    {{ le_plus_recent('numero_sejour') }},
    {{ le_plus_recent('uf') }},
    {{ le_plus_recent('date_entree') }},
    {{ le_plus_recent('date_sortie') }},
    {{ le_plus_recent('nb_seances', complete=true) }},
    {{ le_plus_recent('mode_sortie') }},
    {{ le_plus_recent('facturation_ace', complete=true) }},
    {{ le_plus_recent('consultation_medicale', complete=true) }},
    case when {{ message_plus_recent() }} then 'HL7' else 'TABLE' end as source,
    {{ le_plus_recent('ligne_source') }}
from tables
full outer join {{ ref('int_gam_messages_venues') }} as messages
    on
        tables.finess_ej = messages.finess_ej
        and tables.iep = messages.iep
where not coalesce(messages.supprime and ({{ message_plus_recent() }}), false)
