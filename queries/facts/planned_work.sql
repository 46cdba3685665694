-- question: Which initiatives answer which pain?
-- grain: initiative_id, pain_id
-- reads: staging.initiative, staging.pain_point
-- columns:
--   initiative_id             varchar    initiative
--   pain_id                   varchar    pain point it answers; null where it names none
--   title                     varchar    title
--   status                    varchar    idea, planned, in_progress, shipped or dropped
--   is_planned                boolean    planned or in progress: work that takes attention now
--   priority                  integer    1 highest to 5
--   priority_score            double     1 for priority 1 down to 0.2 for priority 5; 0.6 where none is given; 0 unless planned
--   attention                 double     the priority score shared over the pains that the initiative names
--   effort_days               double     effort
--   started_at                timestamp  work began
--   shipped_at                timestamp  work reached its users
--   url                       varchar    in the tool of record
--   blocker                   varchar    what it waits for; null when nothing stands in its way
with known_pain as (
    select bare(pain_id) as bare_id, any_value(pain_id) as pain_id from staging.pain_point group by all having count(*) = 1
),
link as (
    select *, unnest(case when len(pain_ids) > 0 then list_distinct(pain_ids) else [null] end) as named_pain
    from staging.initiative
)
select
    link.initiative_id,
    coalesce(exact.pain_id, known_pain.pain_id, link.named_pain) as pain_id,
    link.title,
    link.status,
    link.status in ('planned', 'in_progress') as is_planned,
    link.priority,
    case when link.status in ('planned', 'in_progress') then (6 - coalesce(link.priority, 3)) / 5.0 else 0 end as priority_score,
    priority_score / count(*) over (partition by link.initiative_id) as attention,
    link.effort_days,
    link.started_at,
    link.shipped_at,
    link.url,
    nullif(trim(link.blocker), '') as blocker
from link
left join staging.pain_point as exact on exact.pain_id = link.named_pain
left join known_pain on known_pain.bare_id = bare(link.named_pain)
