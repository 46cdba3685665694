-- question: How many teams have deployed to production so many days after being onboarded?
-- version: 1
-- ignores: by, since, until
-- needs: team, deployment
-- always_by: day_count
-- dimensions: day_count, team_id, domain, support_model
-- definition: Teams by whole days from onboarding to the first succeeded production deployment through the platform. The share that has deployed by a day takes teams that still wait as deploying later than they have waited so far (Kaplan-Meier); its range is Greenwood's on the log-log scale. Who deployed before being onboarded counts at day 0. As of now, whatever the period.
-- columns:
--   at_risk_count             teams that had not deployed before that day and have waited at least so long
--   deployed_count            teams whose first deployment came on that day
--   waiting_count             teams that have waited exactly so long and still do
--   deployed_ratio            share of all teams that has deployed by the end of that day (Kaplan-Meier)
--   deployed_ratio_low        lower end of its 95 % interval (Greenwood, log-log)
--   deployed_ratio_high       upper end
select
    /* group */
    count(first_days) as deployed_count,
    count(waiting_days) as waiting_count
from (
    select *, cast(greatest(ceil(coalesce(first_days, waiting_days)), 0) as integer) as day_count
    from marts.adoption
    where day is not null
)
where true /* and where */
group by all
