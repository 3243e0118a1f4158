-- objet: staging.stg_dpi__documents
-- dimension: coherence
-- severite: alerte
-- titre: Documents dont le patient n’est pas celui de la venue
-- explication: Le document compte pour le séjour de la venue ; l’une des deux identités est fausse ou a été fusionnée.
-- remede: Rechercher une fusion d’identités que l’un des deux logiciels n’a pas appliquée.
-- population: select count(*) from staging.stg_dpi__documents where iep is not null
select
    documents.finess_ej,
    cast(null as varchar) as detail
from staging.stg_dpi__documents as documents
inner join intermediaire.int_venues as venues
    on
        documents.finess_ej = venues.finess_ej
        and documents.iep = venues.iep
where documents.ipp <> venues.ipp
