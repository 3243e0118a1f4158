-- One row per dossier or venue number that a message gives to another patient: « A44 : déplacement d'un dossier ».

select
    messages.finess_ej,
    deplacements.numero,
    max_by(coalesce(identites.ipp_final, messages.ipp_message), messages.ordre) as ipp,
    max(messages.ordre) as ordre,
    max(messages.date_message) as date_message
from {{ ref('stg_gam__hl7_deplacements') }} as deplacements
inner join {{ ref('int_gam_messages') }} as messages
    on deplacements.ligne_source = messages.ligne_source
left join {{ ref('int_gam_messages_identites') }} as identites
    on
        messages.finess_ej = identites.finess_ej
        and messages.ipp_message = identites.ipp
        and messages.ordre >= identites.ordre_debut
        and messages.ordre < identites.ordre_fin
group by messages.finess_ej, deplacements.numero
