-- question: How many attempts to deploy to production fail?
-- version: 1
-- needs: deployment
-- compare: yes
-- dimensions: team_id, domain, product, repo, environment, environment_class, path, cause
-- defaults: environment_class=production
-- definition: Failed attempts over failed plus succeeded ones, counted when they ended. Cancelled and unfinished ones are in neither. It says how reliable the deployment pipeline is, not whether what was deployed worked: that is change_fail_rate.
-- columns:
--   attempt_count             attempts that failed or succeeded
--   failed_count              attempts that failed
--   failure_ratio             failed over attempts
--   failure_ratio_low         lower end of its 95 % interval (Wilson)
--   failure_ratio_high        upper end
select
    /* group */
    count(*) as attempt_count,
    count(*) filter (not is_succeeded) as failed_count,
    ratio(failed_count, attempt_count) as failure_ratio,
    wilson_low(failed_count, attempt_count) as failure_ratio_low,
    wilson_high(failed_count, attempt_count) as failure_ratio_high
from marts.deployment
where true /* and where */
group by all
