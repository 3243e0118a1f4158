-- Inventory of the landing zone, one row a file. contract: <finess_ej>/<source>/<flux>_<AAAAMMJJ>[suffix].csv|.parquet,
-- in a .gz or a .zip or not; any other file is « FICHIER_INCONNU ». An archive of several PMSI files has a row for each.

with fichiers as (

    select
        file,
        substr(replace(file, '\', '/'), {{ dossier_exports() | length + 2 }}) as nom_complet
    from (
        select file
        from glob('{{ chemin_sql(dossier_exports()) | replace("'", "''") }}/**/*')
        union all
        -- Links that glob passes over: to a folder, or to nothing.
        select unnest(socle_liens('{{ dossier_exports() | replace("'", "''") }}')) as file
    )

),

chemins as (

    select
        nom_complet,
        chemin,
        substr(replace(chemin, '\', '/'), {{ dossier_exports() | length + 2 }}) as fichier,
        parse_filename(nom_complet) || substr(fichier, length(nom_complet) + 1) as nom_et_membre
    from (
        select
            nom_complet,
            unnest(
                case when regexp_matches(lower(nom_complet), '^[^/]+/pmsi/.*[.]zip$') then socle_membres(file) else [file] end
            ) as chemin
        from fichiers
    )

),

decoupes as (

    select
        chemin,
        fichier,
        nom_et_membre,
        string_split(nom_complet, '/') as dossiers,
        socle_table_du_nom(parse_filename(nom_complet)) as nom
    from chemins

),

classes as (

    select
        decoupes.chemin,
        decoupes.fichier,
        decoupes.nom_et_membre,
        case when len(decoupes.dossiers) > 1 then decoupes.dossiers[1] end as finess_ej,
        case
            when decoupes.fichier = 'etablissements.csv' then 'reference/etablissements'
            when not regexp_full_match(decoupes.dossiers[1], '[0-9A-Za-z]{9}') then null
            when contrat.flux is not null then contrat.flux
            when len(decoupes.dossiers) >= 4 and decoupes.dossiers[2] = 'pmsi' then 'pmsi/' || decoupes.dossiers[3]
            when
                len(decoupes.dossiers) >= 4 and decoupes.dossiers[2] in ('gam', 'dpi') and decoupes.dossiers[3] = 'hl7'
                and regexp_matches(lower(decoupes.fichier), '\.(hl7|er7)(\.gz|\.zip)?$')
                then decoupes.dossiers[2] || '/hl7'
        end as flux,
        contrat.flux is not null or decoupes.fichier = 'etablissements.csv' as est_une_table,
        -- « pmsi: greatest date or annee.mois in the file's name »; a month is known at its end.
        case
            when decoupes.dossiers[2] = 'pmsi' then {{ date_du_nom_pmsi('decoupes.nom_et_membre') }}
            else decoupes.nom['jour']
        end as extrait_le,
        contrat.obligatoires,
        contrat.connues
    from decoupes
    left join (
        select
            flux,
            list(colonne order by ordre) filter (where obligatoire = 'oui') as obligatoires,
            list(colonne) as connues
        from {{ ref('contrat_flux') }}
        group by flux
    ) as contrat
        on
            len(decoupes.dossiers) = 3
            and regexp_full_match(decoupes.dossiers[1], '[0-9A-Za-z]{9}')
            and contrat.flux = decoupes.dossiers[2] || '/' || decoupes.nom.flux
            or decoupes.fichier = 'etablissements.csv' and contrat.flux = 'reference/etablissements'

),

inspectes as (

    select
        *,
        case when flux is not null then socle_inspecter(chemin, est_une_table) end as inspection
    from classes

),

controles as (

    select
        *,
        inspection.erreur is null and inspection.format is not null as a_un_en_tete,
        -- A column without a name, at the end of a line most often, is none.
        list_filter(inspection.colonnes, lambda c: c <> '') as nommees,
        list_filter(nommees, lambda c: len(list_filter(nommees, lambda autre: autre = c)) > 1)[1] as colonne_en_double
    from inspectes

)

select
    fichier,
    nom_et_membre,
    finess_ej,
    flux,
    inspection.format,
    extrait_le,
    -- « the row of the latest extraction date wins, then the greatest file name »; of the PMSI, « its numbers compared as
    -- numbers ».
    row_number() over (
        partition by case when flux like 'pmsi/%' then 'pmsi' else flux end
        order by
            extrait_le nulls first,
            case when flux like 'pmsi/%' then {{ cle_naturelle('nom_et_membre') }} else nom_et_membre end,
            fichier
    ) as rang,
    inspection.encodage,
    inspection.delimiteur,
    to_json(inspection.colonnes) as colonnes,
    to_json(inspection.types) as types,
    inspection.nb_lignes,
    inspection.nb_ignorees,
    inspection.nb_octets_illisibles,
    chemin,
    inspection.chemin_lecture,
    inspection.taille,
    inspection.modifie_le,
    inspection.empreinte,
    inspection.lecture,
    inspection.erreur,
    case
        when flux is null then 'FICHIER_INCONNU'
        when inspection.erreur is not null then 'ILLISIBLE'
        when a_un_en_tete and colonne_en_double is not null then 'COLONNE_EN_DOUBLE'
        when a_un_en_tete and not list_has_all(nommees, obligatoires) then 'COLONNE_MANQUANTE'
        else 'LU'
    end as etat,
    case
        when a_un_en_tete then
            nullif(array_to_string(list_filter(obligatoires, lambda c: not list_contains(nommees, c)), ', '), '')
    end as colonnes_manquantes,
    -- A name that the contract does not know may be anything.
    case when a_un_en_tete and list_contains(connues, colonne_en_double) then colonne_en_double end as colonne_en_double,
    case
        when a_un_en_tete then
            nullif(array_to_string(list_filter(nommees, lambda c: not list_contains(connues, c)), ', '), '')
    end as colonnes_inconnues
from controles
