-- Les flux dont chaque indicateur a besoin, un par ligne ; « flux | flux » : l'un des deux suffit.

select
    indicateur,
    {{ elements_de('flux', ', ') }} as flux
from {{ ref('catalogue_indicateurs') }}
