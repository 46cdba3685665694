-- question: Do teams stay once they have deployed through the platform?
-- version: 1
-- ignores: by
-- needs: deployment
-- always_by: cohort, month_number
-- dimensions: cohort, month_number, domain
-- definition: Teams by the month of their first succeeded production deployment through the platform, and of these the share that deployed through it again in each later month. The running month is marked: it can only rise.
-- columns:
--   team_count                teams of the cohort
--   active_count              of these, active in the month
--   active_ratio              active over teams
--   active_ratio_low          lower end of its 95 % interval (Wilson)
--   active_ratio_high         upper end
--   is_running                the month is not over
select
    /* group */
    count(*) as team_count,
    count(*) filter (is_active) as active_count,
    ratio(active_count, team_count) as active_ratio,
    wilson_low(active_count, team_count) as active_ratio_low,
    wilson_high(active_count, team_count) as active_ratio_high,
    bool_or(is_partial) as is_running
from marts.team_month
where true /* and where */
group by all
