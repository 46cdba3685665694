-- question: How healthy are the pipelines?
-- grain: run_id
-- renews: run_id
-- reads: facts.ci_run, facts.clock, facts.team
-- columns:
--   day                       date       when the run was created, in the reporting time zone
--   team_id                   varchar    owner
--   domain                    varchar    part of the organisation that the owner belongs to
--   repo                      varchar    repository
--   workflow                  varchar    pipeline
--   branch                    varchar    branch
--   event                     varchar    what started it
--   run_id                    varchar    run
--   conclusion                varchar    of the newest attempt; runs that have not ended are not here
--   first_conclusion          varchar    of the first attempt; null where that was not seen
--   attempt_count             integer    attempts
--   is_flaky                  boolean    first success after a failure of the same workflow on the same commit
--   queue_seconds             double     created to started, of the first attempt
--   duration_seconds          double     started to finished
-- Ordered by month and team, so that both a period and a team read few of the rows.
select
    local_day(ci_run.created_at, clock.timezone) as day,
    ci_run.team_id,
    team.domain,
    ci_run.repo,
    ci_run.workflow,
    ci_run.branch,
    ci_run.event,
    ci_run.run_id,
    ci_run.conclusion,
    ci_run.first_conclusion,
    ci_run.attempt_count,
    ci_run.is_flaky,
    ci_run.queue_seconds,
    ci_run.duration_seconds
from facts.ci_run
cross join facts.clock
left join facts.team using (team_id)
where ci_run.status = 'completed' and ci_run.conclusion is not null
    -- what is dated after now is a fault and has not happened yet
    and greatest(ci_run.created_at, ci_run.finished_at) <= clock.as_of
order by date_trunc('month', day), team_id, day
