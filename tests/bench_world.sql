-- An organisation of any size, straight into staging, in the order in which a sync would bring it: $runs CI runs, $deployments
-- deployments and half as many changes, $teams teams of three repositories, two years until $until. Plausible shapes, made-up
-- figures: a commit starts up to four workflows, a change ships to test and then to production, incidents follow deployments.
create or replace temp macro moment(part, whole, until) as
    cast(until as timestamp) - to_milliseconds(cast(63072000000 * (1 - part / cast(whole as double)) as bigint));
create or replace temp macro repository(i, teams) as 'acme/r' || i % teams || '-' || (i // teams) % 3;

insert into staging.coverage
select 'bench', unnest(['team', 'ownership', 'ci_run', 'ci_job', 'deployment', 'change', 'incident', 'survey', 'survey_answer', 'pain_point', 'initiative']);

insert into staging.team (source, team_id, name, domain, headcount, eligible_at, onboarded_at)
select 'bench', 'bench:t' || i, 'Team ' || i, 'Domain ' || i % 8, 4 + i % 9, timestamp '2024-01-01', timestamp '2024-11-01' + to_days(cast(i % 400 as integer))
from range($teams) as r(i);

insert into staging.ownership (source, pattern, team_id)
select 'bench', 'acme/r' || i || '-*', 'bench:t' || i from range($teams) as r(i);

insert into staging.ci_run (source, run_id, repo, workflow, created_at, status, attempt, branch, event, sha, conclusion, started_at, finished_at, actor)
with run as (
    select
        i,
        i // 4 as push,
        repository(i // 4, $teams) as repo,
        ['CI', 'Lint', 'Security scan', case when i // 4 % 3 = 0 then 'Deploy' else 'CI' end][1 + i % 4] as workflow,
        to_seconds(cast(600 * (i % 4 // 3) + i % 7 as bigint)) as after,
        hash(i * 7) % 1000 as luck,
        hash(i * 13) % 1000 as length
    from range($runs) as r(i)
),
timed as (
    select
        *,
        date_trunc('second', moment(push, $runs // 4, $until)) - interval 2 hours + after as created_at,
        -- each pipeline has its usual length; one run in fifty takes three times as long
        (30 + hash(repo || workflow) % 1800) * (0.6 + 0.8 * length / 1000) * case when length % 50 = 0 then 3 else 1 end as seconds
    from run
)
select
    'bench', 'bench:' || i, repo, workflow, created_at, 'completed', case when luck % 20 = 0 then 2 else 1 end,
    case when push % 3 = 0 then 'main' else 'feature/' || push // ($teams * 15) end,
    case when push % 3 = 0 then 'push' when push % 50 = 1 then 'schedule' else 'pull_request' end,
    md5(cast(push as varchar)),
    case when luck < 850 then 'success' when luck < 940 then 'failure' when luck < 990 then 'cancelled' else 'timed_out' end,
    created_at + to_seconds(cast(luck % 90 as bigint)), created_at + to_seconds(cast(luck % 90 + seconds as bigint)),
    'person ' || push % 7 || ' of ' || repo
from timed
order by created_at;

insert into staging.ci_job (source, job_id, run_id, name, conclusion, created_at, started_at, finished_at, failed_step)
select
    source, run_id || '-' || job, run_id, ['pre-commit', 'type check', 'unit tests'][1 + job],
    case when conclusion = 'success' or hash(run_id) % 3 <> job then 'success' else conclusion end,
    created_at, started_at, finished_at,
    case when conclusion <> 'success' and hash(run_id) % 3 = job then 'Run step ' || job end
from staging.ci_run, range(3) as r(job)
where workflow = 'CI' and hash(run_id) % 4 = 0;

insert into staging.change (source, change_id, repo, merged_at, opened_at, first_commit_at, first_review_at, merge_sha, author, is_bot)
select
    'bench', 'bench:c' || i, repository(i, $teams), merged_at,
    merged_at - to_minutes(cast(hash(i) % 3600 as bigint)), merged_at - to_minutes(cast(hash(i) % 3600 + hash(i * 5) % 5400 as bigint)),
    merged_at - to_minutes(cast(hash(i) % 1800 as bigint)), md5('change ' || i), 'person ' || hash(i) % 7 || ' of ' || repository(i, $teams), i % 10 = 0
from (select i, moment(i, $deployments // 2, $until) - interval 1 hour as merged_at from range($deployments // 2) as r(i));

insert into staging.deployment (source, deployment_id, repo, environment, created_at, status, product, sha, started_at, finished_at, actor, via_platform, model_name, cause, run_id)
with one as (
    select
        i,
        i // 2 as change,
        i % 2 = 1 as is_live,
        hash(i * 11) % 1000 as luck,
        moment(i // 2, $deployments // 2, $until) - interval 1 hour + to_minutes(cast(i % 2 * 90 + hash(i // 2) % 60 * (1 + hash(i // 4) % 80) as bigint)) as created_at
    from range($deployments) as r(i)
)
select
    'bench', 'bench:d' || i, repository(change, $teams), case when is_live then 'production' when change % 2 = 0 then 'test' else 'dev' end,
    created_at, case when luck < 900 then 'succeeded' when luck < 970 then 'failed' else 'cancelled' end,
    'product ' || repository(change, $teams), md5('change ' || change), created_at, created_at + to_seconds(cast(60 + luck as bigint)),
    'person ' || luck % 5 || ' of ' || repository(change, $teams), hash(repository(change, $teams)) % 3 > 0 or luck % 5 = 0,
    case when change % 2 = 0 then 'model ' || repository(change, $teams) end,
    case when change % 6 = 0 then 'retrain' end,
    case when luck % 2 = 0 then 'bench:' || i * ($runs // $deployments) end
from one
where created_at < cast($until as timestamp);

insert into staging.incident (source, incident_id, opened_at, resolved_at, repo, detected_by)
select
    'bench', 'bench:i' || deployment_id, finished_at + interval 2 hours,
    case when hash(deployment_id) % 50 > 0 then finished_at + to_hours(cast(3 + hash(deployment_id) % 20 as bigint)) end,
    repo, ['test', 'monitoring', 'customer'][cast(1 + hash(deployment_id) % 3 as integer)]
from staging.deployment
where environment = 'production' and status = 'succeeded' and hash(deployment_id) % 25 = 0 and finished_at < cast($until as timestamp) - interval 1 day;

insert into staging.survey (source, survey_id, opened_at, invited_count)
select 'bench', 'bench:s' || i, cast($until as timestamp) - to_days(cast(200 * i + 30 as integer)), $teams * 8 from range(2) as r(i);

insert into staging.pain_point (source, pain_id, title)
select 'bench', 'bench:p' || i, 'Pain ' || i from range(12) as r(i);

insert into staging.survey_answer (source, survey_id, response_id, question_id, team_id, role, pain_id, rating, scale_min, scale_max)
select 'bench', 'bench:s' || s, 'bench:' || s || '-' || t || '-' || m, 'q' || p, 'bench:t' || t,
    ['data scientist', 'engineer', 'analyst'][1 + m % 3], 'bench:p' || p, 1 + hash(p * 31 + t * 7 + m) % 5, 1, 5
from range(2) as a(s), range($teams) as b(t), range(6) as c(m), range(12) as d(p);

insert into staging.initiative (source, initiative_id, title, status, pain_ids, priority, effort_days)
select 'bench', 'bench:n' || i, 'Initiative ' || i, 'planned', ['bench:p' || i], 1 + i % 5, 5 + i from range(8) as r(i);
