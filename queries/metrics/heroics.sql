-- question: Does delivery rest on long evenings and few hands?
-- version: 2
-- needs: deployment
-- compare: yes
-- dimensions: team_id, domain, product, repo, path, cause
-- defaults: cause=human_change,promotion,config,hotfix,rollback
-- definition: Succeeded production deployments that people decide on: the share started outside working hours (evenings, free days and holidays of the configuration, in the reporting time zone), the same of repairs alone, the share of the busiest deployer (never who, and only where at least three people deploy and 13 deployments are known), changes per deployment, and days between deployments of a team. Retrains and redeploys, which machines start by night, are left out unless asked for.
-- columns:
--   deployment_count          succeeded production deployments
--   off_hours_count           of these, outside working hours
--   off_hours_ratio           outside over all
--   off_hours_ratio_low       lower end of its 95 % interval (Wilson)
--   off_hours_ratio_high      upper end
--   fix_count                 repairs
--   fix_off_hours_count       of these, outside working hours
--   fix_off_hours_ratio       outside over repairs
--   fix_off_hours_ratio_low   lower end of its 95 % interval (Wilson)
--   fix_off_hours_ratio_high  upper end
--   known_deployer_count      deployments whose deployer is known
--   deployer_count            people who deployed
--   busiest_deployer_ratio    deployments of the one who deployed most, over those whose deployer is known
--   busiest_deployer_ratio_low  lower end of its 95 % interval (Wilson)
--   busiest_deployer_ratio_high  upper end
--   changes_per_deployment    mean changes per deployment
--   changes_per_deployment_low  lower end of its 95 % interval (Student's t)
--   changes_per_deployment_high  upper end
--   gap_count                 gaps between deployments
--   gap_days_median           median days between deployments of a team
--   gap_days_p75              three of four gaps are at most this
--   gap_days_p90              nine of ten gaps are at most this
select * exclude (deployers, busiest_count, gap_quantiles)
from (
    select
        /* group */
        count(*) as deployment_count,
        count(*) filter (is_off_hours) as off_hours_count,
        ratio(off_hours_count, deployment_count) as off_hours_ratio,
        wilson_low(off_hours_count, deployment_count) as off_hours_ratio_low,
        wilson_high(off_hours_count, deployment_count) as off_hours_ratio_high,
        count(*) filter (is_fix) as fix_count,
        count(*) filter (is_fix and is_off_hours) as fix_off_hours_count,
        ratio(fix_off_hours_count, fix_count) as fix_off_hours_ratio,
        wilson_low(fix_off_hours_count, fix_count) as fix_off_hours_ratio_low,
        wilson_high(fix_off_hours_count, fix_count) as fix_off_hours_ratio_high,
        count(deployer) as known_deployer_count,
        count(distinct deployer) as deployer_count,
        histogram(deployer) as deployers,
        list_max(map_values(deployers)) as busiest_count,
        ratio(busiest_count, known_deployer_count) as busiest_deployer_ratio,
        wilson_low(busiest_count, known_deployer_count) as busiest_deployer_ratio_low,
        wilson_high(busiest_count, known_deployer_count) as busiest_deployer_ratio_high,
        avg(change_count) as changes_per_deployment,
        stddev_samp(change_count) as deviation,
        count(days_since_previous) as gap_count,
        quantile_cont(days_since_previous, [0.5, 0.75, 0.9]) as gap_quantiles,
        gap_quantiles[1] as gap_days_median,
        gap_quantiles[2] as gap_days_p75,
        gap_quantiles[3] as gap_days_p90
    from marts.deployment_effort
    where true /* and where */
    group by all
)
