-- question: How many deployments succeed, counted from days?
-- part_of: deployment_count
-- needs: deployment
-- dimensions: domain, environment, environment_class, path, cause
-- defaults: environment_class=production
-- definition: The figures of deployment_count, added up from days: the same, from a few rows a day.
-- columns:
--   deployment_count          succeeded deployments
select
    /* group */
    cast(coalesce(sum(succeeded_count), 0) as bigint) as deployment_count
from marts.deployment_day
where succeeded_count > 0 /* and where */
group by all
