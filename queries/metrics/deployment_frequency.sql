-- question: How often does a team bring a change to production?
-- version: 1
-- needs: deployment
-- dimensions: team_id, domain, product, repo, environment, environment_class, path, cause
-- defaults: environment_class=production; cause=human_change,promotion,config,hotfix
-- definition: Days in a whole week on which at least one production change succeeded: the median over all whole weeks of the window, weeks without any included; and deployments per week. Without a start date the window begins with the week of the first deployment. Retrains, rollbacks and redeploys are no production changes.
-- columns:
--   week                      Monday
--   day_count                 days of the week with at least one
--   deployment_count          succeeded production changes in the week
select
    /* group */
    cast(date_trunc('week', day) as date) as week,
    count(distinct day) as day_count,
    count(*) as deployment_count
from marts.deployment
where is_succeeded /* and where */
group by all
