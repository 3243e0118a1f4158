-- One row per dossier or venue number that a message gives to another patient: « A44 : déplacement d'un dossier ».

select
    messages.finess_ej,
    messages.numero,
    max_by(coalesce(identites.ipp_final, messages.ipp_message), messages.ordre) as ipp,
    max(messages.ordre) as ordre,
    max(messages.date_message) as date_message
from (
    select
        finess_ej,
        unnest(numeros_deplaces) as numero,
        ipp_message,
        ordre,
        date_message
    from {{ ref('int_gam_messages') }}
    where
        retenu
        and effet = 'DEPLACEMENT'
) as messages
left join {{ ref('int_gam_messages_identites') }} as identites
    on
        messages.finess_ej = identites.finess_ej
        and messages.ipp_message = identites.ipp
        and messages.ordre >= identites.ordre_debut
        and messages.ordre < identites.ordre_fin
where messages.numero is not null
group by messages.finess_ej, messages.numero
