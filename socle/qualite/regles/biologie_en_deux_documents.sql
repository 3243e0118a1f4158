-- objet: staging.stg_dpi__documents
-- dimension: unicite
-- severite: alerte
-- titre: Compte rendu de biologie N1 et N3 d’une même venue et d’un même jour, sous deux numéros
-- explication: Le même compte rendu envoyé sous deux formes et deux set_id compte deux fois dans P1.O5 et DS2.1.
-- remede: Faire porter le même set_id aux deux formes d’un compte rendu par le logiciel de laboratoire.
with comptes_rendus as (

    select
        finess_ej,
        iep,
        set_id,
        niveau_cda,
        date_creation
    from intermediaire.int_versions
    where famille = 'CR_BIO' and iep is not null and niveau_cda in ('N1', 'N3')

)

-- One row per venue and day.
select
    n1.finess_ej,
    strftime(n1.date_creation, '%Y-%m') as detail
from comptes_rendus as n1
inner join comptes_rendus as n3
    on
        n1.finess_ej = n3.finess_ej
        and n1.iep = n3.iep
        and n1.date_creation = n3.date_creation
        and n1.set_id <> n3.set_id
where n1.niveau_cda = 'N1' and n3.niveau_cda = 'N3'
group by n1.finess_ej, n1.iep, n1.date_creation
