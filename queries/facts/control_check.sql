-- question: Which control stopped which run, and how long until it let the change pass?
-- grain: run_id, control
-- time: ended_at
-- reads: facts.ci_run, settings.control, settings.definition, staging.ci_job
-- columns:
--   run_id                    varchar    run
--   control                   varchar    lint, test, ... as the configuration names them
--   repo                      varchar    repository
--   workflow                  varchar    pipeline
--   team_id                   varchar    owner
--   branch                    varchar    branch
--   ended_at                  timestamp  when the control had run
--   first_at                  timestamp  when it first had in that repository
--   is_blocked                boolean    the control failed, and its run did not succeed
--   passed_at                 timestamp  when the same control next passed on that branch, of a run that it blocked
--   blocked_hours             double     blocked to passed
-- A control is seen by the name of its job, or by the name of the step that failed. A job in which a control has ever
-- failed checks that control in each of its runs, so that its passes count too. A job that failed at another step says
-- nothing of its control: neither that it passed nor that it stopped the run.
with named as (
    select distinct job.name, job.failed_step from staging.ci_job as job
),
by_job as (
    select distinct named.name, control.control
    from named inner join settings.control as control on matches(named.name, control.pattern)
),
by_step as (
    select distinct named.name, named.failed_step, control.control
    from named inner join settings.control as control on matches(named.failed_step, control.pattern)
),
replaced as (
    -- of a job that was run again the newest decides, since many sources keep no other
    select ci_job.job_id
    from staging.ci_job
    inner join facts.ci_run using (run_id)
    where ci_run.attempt_count > 1
        and coalesce(ci_job.finished_at, ci_job.started_at, ci_job.created_at, ci_run.finished_at) <= (select now from settings.definition)
    qualify row_number() over (
        partition by ci_job.run_id, ci_job.name
        order by coalesce(ci_job.finished_at, ci_job.started_at, ci_job.created_at) desc nulls last, ci_job.job_id desc
    ) > 1
),
job as (
    select
        ci_job.run_id,
        ci_run.repo,
        ci_run.workflow,
        ci_run.team_id,
        ci_run.branch,
        ci_run.conclusion is not distinct from 'success' as is_run_passed,
        ci_job.name,
        ci_job.failed_step,
        ci_job.conclusion,
        coalesce(ci_job.finished_at, ci_job.started_at, ci_job.created_at, ci_run.finished_at, ci_run.created_at) as ended_at
    from staging.ci_job
    inner join facts.ci_run using (run_id)
    anti join replaced using (job_id)
    where ci_job.conclusion in ('success', 'failure', 'timed_out')
),
checked_in as (
    -- which controls a job of a repository checks
    select distinct job.repo, job.name, by_job.control from job inner join by_job using (name)
    union
    select distinct job.repo, job.name, by_step.control from job inner join by_step using (name, failed_step)
),
checked as (
    select
        job.run_id,
        checked_in.control,
        any_value(job.repo) as repo,
        any_value(job.workflow) as workflow,
        any_value(job.team_id) as team_id,
        any_value(job.branch) as branch,
        max(job.ended_at) as ended_at,
        -- the step that failed says which control it was; where no step is known, the job's name does
        bool_or(
            job.conclusion <> 'success' and not job.is_run_passed
            and coalesce(by_step.control = checked_in.control, stepless.control is not null)
        ) as is_blocked,
        bool_and(job.conclusion = 'success') as is_passed
    from job
    inner join checked_in on checked_in.repo = job.repo and checked_in.name = job.name
    left join by_step
        on by_step.name = job.name and by_step.failed_step = job.failed_step and by_step.control = checked_in.control
    left join by_job as stepless
        on stepless.name = job.name and stepless.control = checked_in.control
        and not exists (select 1 from by_step as other where other.name = job.name and other.failed_step = job.failed_step)
    group by job.run_id, checked_in.control
    having is_blocked or is_passed or bool_or(job.is_run_passed)
)
select
    run_id,
    control,
    repo,
    workflow,
    team_id,
    branch,
    ended_at,
    min(ended_at) over (partition by repo, control) as first_at,
    is_blocked,
    case when is_blocked then first_value(case when is_passed then ended_at end ignore nulls) over later end as passed_at,
    hours_between(ended_at, passed_at) as blocked_hours
from checked
-- not sooner: there DuckDB would hold all jobs in memory
where ended_at <= (select now from settings.definition)
window later as (
    partition by repo, workflow, branch, control order by ended_at, run_id
    rows between 1 following and unbounded following
)
