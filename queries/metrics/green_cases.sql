-- question: Which breaks are over, and which are known only as longer than so far?
-- part_of: time_to_green
-- always_by: day
-- dimensions: team_id, domain, repo, workflow, branch
-- definition: The durations behind the Kaplan-Meier median, one row a break.
-- columns:
--   length                    hours: broken to green, or broken so far
--   is_waiting                true for a break that is not over
select
    /* group */
    coalesce(green_hours, open_hours) as length,
    green_hours is null as is_waiting
from marts.broken_pipeline
where coalesce(green_hours, open_hours) is not null /* and where */
