-- question: Which breaks are over, and which are known only as longer than so far?
-- part_of: time_to_green
-- dimensions: team_id, domain, repo, workflow, branch
-- definition: The durations behind the Kaplan-Meier median, one row a break: counting equal ones first would take longer than it saves.
-- columns:
--   length                    hours: broken to green, or broken so far
--   event_count               1 for a break that is over, else 0
--   censored_count            1 for one that is not, else 0
select
    /* group */
    coalesce(green_hours, open_hours) as length,
    cast(green_hours is not null as bigint) as event_count,
    cast(open_hours is not null as bigint) as censored_count
from marts.broken_pipeline
where true /* and where */
