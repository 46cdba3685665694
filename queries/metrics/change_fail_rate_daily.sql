-- question: How many production deployments have to be repaired, counted from days?
-- part_of: change_fail_rate
-- needs: deployment
-- dimensions: domain, environment, path, cause
-- defaults: environment_class=production
-- definition: The figures of change_fail_rate, added up from days: the same, from a few rows a day.
-- columns:
--   deployment_count          succeeded production deployments
--   failed_count              of these, repaired
--   linked_count              of the repaired, those that an incident or a rollback names
--   inferred_count            of the repaired, those found by time only
--   change_fail_ratio         repaired over succeeded
--   change_fail_ratio_low     lower end of its 95 % interval (Wilson)
--   change_fail_ratio_high    upper end
select
    *,
    failed_count - linked_count as inferred_count,
    ratio(failed_count, deployment_count) as change_fail_ratio,
    wilson_low(failed_count, deployment_count) as change_fail_ratio_low,
    wilson_high(failed_count, deployment_count) as change_fail_ratio_high
from (
    select
        /* group */
        cast(coalesce(sum(succeeded_count), 0) as bigint) as deployment_count,
        cast(coalesce(sum(repaired_count), 0) as bigint) as failed_count,
        cast(coalesce(sum(named_count), 0) as bigint) as linked_count
    from marts.deployment_day
    where succeeded_count > 0 /* and where */
    group by all
)
