-- question: Which lead times are known in full, and which only as longer than so far?
-- part_of: lead_time
-- dimensions: team_id, domain, product, repo, path, is_bot, link_method
-- defaults: is_bot=false
-- definition: The durations behind the Kaplan-Meier median, counted so that equal ones stand in one row.
-- columns:
--   hours                     lead time, or time waited so far
--   shipped_count             changes that shipped after exactly this long
--   waiting_count             changes that have waited exactly this long
select
    /* group */
    coalesce(lead_time_hours, waiting_hours) as hours,
    count(lead_time_hours) as shipped_count,
    count(waiting_hours) as waiting_count
from marts.change
where coalesce(lead_time_hours, waiting_hours) is not null /* and where */
group by all
