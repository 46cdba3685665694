-- question: Which lead times are known in full, and which only as longer than so far?
-- part_of: lead_time
-- dimensions: team_id, domain, product, repo, path, is_bot, link_method
-- defaults: is_bot=false
-- definition: The durations behind the Kaplan-Meier median, counted so that equal ones stand in one row.
-- columns:
--   length                    hours: lead time, or time waited so far
--   event_count               changes that shipped after exactly this long
--   censored_count            changes that have waited exactly this long
select
    /* group */
    coalesce(lead_time_hours, waiting_hours) as length,
    count(lead_time_hours) as event_count,
    count(waiting_hours) as censored_count
from marts.change
where coalesce(lead_time_hours, waiting_hours) is not null /* and where */
group by all
