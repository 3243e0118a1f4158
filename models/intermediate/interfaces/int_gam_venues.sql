-- Venues known to the GAM, by its table or by its messages, one row each.
-- « The latest date wins »: that of the message, or that of the table's extraction.
-- What a message never carries (nb_seances, facturation_ace, consultation_medicale) is the table's, when it has the key too.
-- Rows are under the identity that messages say is theirs since they were extracted (macro ipp_actuel).

with tables as (

    select
        lignes.finess_ej,
        lignes.iep,
        {{ ipp_actuel(['iep', 'numero_sejour']) }} as ipp,
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
    {{ joindre_l_identite(ref('int_gam_messages_deplacements'), ref('int_gam_absorptions'), ['iep', 'numero_sejour']) }}

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
