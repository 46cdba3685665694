-- question: Which teams have deployed after onboarding, and which wait?
-- part_of: time_to_first_deployment
-- always_by: day
-- dimensions: team_id, domain, support_model
-- definition: The durations behind the Kaplan-Meier median, one row a team.
-- columns:
--   length                    days from onboarding to the first deployment, or waited so far
--   is_waiting                true for a team that has not deployed
select
    /* group */
    coalesce(first_days, waiting_days) as length,
    first_days is null as is_waiting
from marts.adoption
where day is not null and coalesce(first_days, waiting_days) is not null /* and where */
