-- question: How often does an attempt to deploy fail, counted from days?
-- part_of: deployment_failure_rate
-- needs: deployment
-- dimensions: domain, environment, environment_class, path, cause
-- defaults: environment_class=production
-- definition: The figures of deployment_failure_rate, added up from days: the same, from a few rows a day.
-- columns:
--   attempt_count             attempts that failed or succeeded
--   failed_count              attempts that failed
--   failure_ratio             failed over attempts
--   failure_ratio_low         lower end of its 95 % interval (Wilson)
--   failure_ratio_high        upper end
select
    *,
    ratio(failed_count, attempt_count) as failure_ratio,
    wilson_low(failed_count, attempt_count) as failure_ratio_low,
    wilson_high(failed_count, attempt_count) as failure_ratio_high
from (
    select
        /* group */
        cast(coalesce(sum(tried_count), 0) as bigint) as attempt_count,
        cast(coalesce(sum(tried_count - succeeded_count), 0) as bigint) as failed_count
    from marts.deployment_day
    where true /* and where */
    group by all
)
