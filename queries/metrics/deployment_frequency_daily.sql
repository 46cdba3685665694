-- question: How often is a change brought to production, counted from days?
-- part_of: deployment_frequency
-- needs: deployment
-- dimensions: domain, environment, environment_class, path, cause
-- defaults: environment_class=production; cause=human_change,promotion,config,hotfix
-- definition: The weeks of deployment_frequency, added up from days: the same, from a few rows a day.
-- columns:
--   week                      the week's Monday
--   day_count                 days of the week with at least one
--   deployment_count          succeeded production changes
select
    /* group */
    cast(date_trunc('week', day) as date) as week,
    bit_count(bit_or(1 << cast(isodow(day) as integer))) as day_count,
    cast(sum(succeeded_count) as bigint) as deployment_count
from marts.deployment_day
where succeeded_count > 0 /* and where */
group by all
