-- question: When was a pipeline broken on a default branch, and for how long?
-- grain: repo, workflow, branch, broken_at
-- time: broken_at
-- reads: facts.ci_run, facts.clock, facts.horizon, settings.default_branch
-- columns:
--   repo                      varchar    repository
--   workflow                  varchar    pipeline
--   branch                    varchar    default branch
--   team_id                   varchar    owner of the repository when it broke
--   broken_at                 timestamp  first failure after a success (or the first run seen) finished
--   green_at                  timestamp  next success of that pipeline finished; null while there is none
--   failure_count             bigint     runs that failed meanwhile
--   green_hours               double     broken to green
--   open_hours                double     broken until runs are last known of, of one that is still broken
with verdict as (
    select
        repo,
        workflow,
        branch,
        team_id,
        coalesce(finished_at, started_at, created_at) as ended_at,
        run_id,
        conclusion = 'success' as passed
    from facts.ci_run
    where conclusion in ('success', 'failure', 'timed_out')
        and lower(branch) in (select lower(branch) from settings.default_branch)
        and greatest(created_at, finished_at) <= (select as_of from facts.clock)
),
numbered as (
    -- each success closes what came before it: failures between two successes share their number
    select
        *,
        count(*) filter (passed) over (
            partition by repo, workflow, branch order by ended_at, run_id
            rows between unbounded preceding and current row
        ) - passed::int as stretch
    from verdict
)
select
    numbered.repo,
    numbered.workflow,
    numbered.branch,
    arg_min(numbered.team_id, numbered.ended_at) filter (not numbered.passed) as team_id,
    min(numbered.ended_at) filter (not numbered.passed) as broken_at,
    min(numbered.ended_at) filter (numbered.passed) as green_at,
    count(*) filter (not numbered.passed) as failure_count,
    hours_between(broken_at, green_at) as green_hours,
    case when green_at is null then hours_between(broken_at, any_value(coalesce(horizon.last_at, clock.as_of))) end as open_hours
from numbered
cross join facts.clock
left join facts.horizon on horizon.record = 'ci_run'
group by numbered.repo, numbered.workflow, numbered.branch, numbered.stretch
having count(*) filter (not numbered.passed) > 0
