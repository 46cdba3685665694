-- question: How long do pipelines stay broken?
-- grain: repo, workflow, branch, broken_at
-- reads: facts.broken_pipeline, facts.clock, facts.team
-- columns:
--   day                       date       when it broke, in the reporting time zone
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   repo                      varchar    repository
--   workflow                  varchar    pipeline
--   branch                    varchar    default branch
--   broken_at                 timestamp  when it broke
--   failure_count             bigint     runs that failed meanwhile
--   green_hours               double     broken to green
--   open_hours                double     broken until now, of one that is still broken
--   broken_ms                 bigint     milliseconds of either
-- Ordered by length, since its quantiles need that order and a sort of what is in order takes no time.
select
    local_day(broken_pipeline.broken_at, clock.timezone) as day,
    broken_pipeline.team_id,
    team.domain,
    broken_pipeline.repo,
    broken_pipeline.workflow,
    broken_pipeline.branch,
    broken_pipeline.broken_at,
    broken_pipeline.failure_count,
    broken_pipeline.green_hours,
    broken_pipeline.open_hours,
    cast(round(coalesce(broken_pipeline.green_hours, broken_pipeline.open_hours) * 3600000) as bigint) as broken_ms
from facts.broken_pipeline
cross join facts.clock
left join facts.team using (team_id)
order by coalesce(broken_pipeline.green_hours, broken_pipeline.open_hours), broken_pipeline.broken_at
