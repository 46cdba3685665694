-- question: Which teams have deployed after onboarding, and which wait?
-- part_of: time_to_first_deployment
-- dimensions: team_id, domain, support_model
-- definition: The durations behind the Kaplan-Meier median, counted so that equal ones stand in one row.
-- columns:
--   length                    days from onboarding to the first deployment, or waited so far
--   event_count               teams that deployed after exactly this long
--   censored_count            teams that have waited exactly this long
select
    /* group */
    coalesce(first_days, waiting_days) as length,
    count(first_days) as event_count,
    count(waiting_days) as censored_count
from marts.adoption
where day is not null and coalesce(first_days, waiting_days) is not null /* and where */
group by all
