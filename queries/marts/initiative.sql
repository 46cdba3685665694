-- question: What does the platform team work on, and which pain does it answer?
-- grain: initiative_id, pain_id
-- reads: facts.planned_work
-- columns:
--   initiative_id             varchar    initiative
--   pain_id                   varchar    pain point; null for work that answers none
--   title                     varchar    title
--   status                    varchar    idea, planned, in_progress, shipped or dropped
--   is_planned                boolean    planned or in progress
--   priority                  integer    1 highest to 5
--   priority_score            double     1 for priority 1 down to 0.2 for priority 5; 0 unless planned
--   attention                 double     priority score shared over its pains
--   effort_days               double     effort
--   started_at                timestamp  work began
--   shipped_at                timestamp  work reached its users
--   url                       varchar    in the tool of record
--   blocker                   varchar    what it waits for; null when nothing stands in its way
select initiative_id, pain_id, title, status, is_planned, priority, priority_score, attention, effort_days, started_at, shipped_at, url, blocker
from facts.planned_work
order by priority, initiative_id
