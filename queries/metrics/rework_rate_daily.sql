-- question: How much of what is deployed is repair, counted from days?
-- part_of: rework_rate
-- needs: deployment
-- dimensions: domain, environment, path
-- defaults: environment_class=production
-- definition: The figures of rework_rate, added up from days: the same, from a few rows a day.
-- columns:
--   deployment_count          succeeded production deployments
--   rework_count              of these, unplanned
--   rework_ratio              unplanned over succeeded
--   rework_ratio_low          lower end of its 95 % interval (Wilson)
--   rework_ratio_high         upper end
select
    *,
    ratio(rework_count, deployment_count) as rework_ratio,
    wilson_low(rework_count, deployment_count) as rework_ratio_low,
    wilson_high(rework_count, deployment_count) as rework_ratio_high
from (
    select
        /* group */
        cast(coalesce(sum(succeeded_count), 0) as bigint) as deployment_count,
        cast(coalesce(sum(unplanned_count), 0) as bigint) as rework_count
    from marts.deployment_day
    where succeeded_count > 0 /* and where */
    group by all
)
