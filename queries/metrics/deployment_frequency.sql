-- question: How often does a team bring a change to production?
-- version: 3
-- needs: deployment
-- compare: yes
-- dimensions: team_id, domain, product, repo, environment, environment_class, path, cause
-- defaults: environment_class=production; cause=human_change,promotion,config,hotfix
-- definition: Days in a whole week on which at least one production change succeeded: the median over all whole weeks of the window, weeks without any included; and deployments per week. Without a start date the window begins with the week of the first deployment. Retrains, rollbacks and redeploys are no production changes, and stand in no split by cause either; only who filters by one of them is told of it.
-- columns:
--   days_per_week_median      days with at least one, median over whole weeks
--   days_per_week_p75         in three of four weeks at most this
--   days_per_week_p90         in nine of ten weeks at most this
--   deployments_per_week      succeeded production changes a week, mean over whole weeks
--   deployments_per_week_low  lower end of its 95 % interval (Student's t, weeks as cases)
--   deployments_per_week_high  upper end
--   deployment_count          succeeded production changes in these weeks
--   week_count                whole weeks
-- The SQL gives them week by week; weeks without any are added before the median is taken.
select
    /* group */
    cast(date_trunc('week', day) as date) as week,
    -- the days of a week as bits: to count them so takes half as long as distinct days
    bit_count(bit_or(1 << cast(isodow(day) as integer))) as day_count,
    count(*) as deployment_count
from marts.deployment
where is_succeeded /* and where */
group by all
