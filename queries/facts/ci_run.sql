-- question: How did each run of a pipeline go?
-- grain: run_id
-- time: created_at
-- renews: run_id
-- reads: facts.owner, staging.ci_run
-- columns:
--   run_id                    varchar    id with its source's prefix
--   repo                      varchar    repository
--   team_id                   varchar    owner of the repository when the run was created
--   workflow                  varchar    pipeline
--   branch                    varchar    branch
--   event                     varchar    what started it
--   sha                       varchar    commit
--   status                    varchar    queued, in_progress or completed
--   conclusion                varchar    of the newest attempt
--   first_conclusion          varchar    of the first attempt; null where that was not seen
--   attempt_count             integer    attempts made; more than 1 is a re-run
--   is_flaky                  boolean    first success after a failure of the same workflow on the same commit
--   created_at                timestamp  when the run was created, at its first attempt
--   started_at                timestamp  when its newest attempt started
--   finished_at               timestamp  when its newest attempt finished
--   queue_seconds             double     created to started, of the first attempt; null where that was not seen
--   duration_seconds          double     started to finished, of the newest attempt; created to finished where no start was told
--   uses                      varchar[]  reusable workflows it called
--   url                       varchar    in the tool of record
with repeated as (
    -- only these few need sorting: the rest has one row
    select run_id from staging.ci_run group by run_id having count(*) > 1
),
latest as (
    select
        *,
        case when attempt = 1 then conclusion end as first_conclusion,
        case when attempt = 1 then epoch_ms(started_at - created_at) / 1000.0 end as queue_seconds,
        created_at as run_created_at
    from staging.ci_run
    where run_id not in (from repeated)
    union all
    select
        *,
        max(case when attempt = 1 then conclusion end) over (partition by run_id),
        max(case when attempt = 1 then epoch_ms(started_at - created_at) / 1000.0 end) over (partition by run_id),
        min(created_at) over (partition by run_id)
    from staging.ci_run
    where run_id in (from repeated)
    qualify row_number() over (partition by run_id order by attempt desc) = 1
),
verdict as (
    select repo, workflow, sha, run_id, attempt, coalesce(finished_at, started_at, created_at) as moment, conclusion = 'success' as passed
    from staging.ci_run
    where sha is not null and conclusion in ('success', 'failure', 'timed_out')
),
broken as (
    select repo, workflow, sha, min(moment) as failed_at
    from verdict
    group by all
    having bool_or(not passed) and bool_or(passed)
),
first_failure as (
    select repo, workflow, sha, min(verdict.moment) as failed_at, min(verdict.attempt) as attempt
    from verdict
    semi join broken using (repo, workflow, sha)
    where not passed
    group by all
),
flaky as (
    select arg_min(verdict.run_id, (verdict.moment, verdict.attempt)) as run_id
    from verdict
    inner join first_failure using (repo, workflow, sha)
    where verdict.passed and (verdict.moment, verdict.attempt) > (first_failure.failed_at, first_failure.attempt)
    group by repo, workflow, sha
)
select
    latest.run_id,
    latest.repo,
    owner.team_id,
    latest.workflow,
    latest.branch,
    latest.event,
    latest.sha,
    latest.status,
    latest.conclusion,
    latest.first_conclusion,
    latest.attempt as attempt_count,
    flaky.run_id is not null as is_flaky,
    latest.run_created_at as created_at,
    latest.started_at,
    latest.finished_at,
    latest.queue_seconds,
    case
        when latest.status = 'completed' and latest.started_at is not null then epoch_ms(latest.finished_at - latest.started_at) / 1000.0
        -- a tool that does not tell the queue gives the start as creation; what ended otherwise may never have started
        when latest.conclusion in ('success', 'failure', 'timed_out') then epoch_ms(latest.finished_at - latest.created_at) / 1000.0
    end as duration_seconds,
    latest.uses,
    latest.url
from latest
left join flaky on flaky.run_id = latest.run_id
left join facts.owner
    on owner.repo = latest.repo and owner.product_key = ''
    and latest.run_created_at >= owner.valid_from and latest.run_created_at < owner.valid_to
