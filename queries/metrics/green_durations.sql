-- question: Which breaks are over, and which are known only as longer than so far?
-- part_of: time_to_green
-- dimensions: team_id, domain, repo, workflow, branch
-- definition: The durations behind the Kaplan-Meier median, counted so that equal ones stand in one row.
-- columns:
--   length                    hours: broken to green, or broken so far
--   event_count               breaks that were over after exactly this long
--   censored_count            breaks that have lasted exactly this long
select
    /* group */
    coalesce(green_hours, open_hours) as length,
    count(green_hours) as event_count,
    count(open_hours) as censored_count
from marts.broken_pipeline
where true /* and where */
group by all
