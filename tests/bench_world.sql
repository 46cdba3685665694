-- An organisation of any size, straight into staging: $runs CI runs, $deployments deployments and half as many changes,
-- $teams teams, two years until $until. Shapes are plausible, figures mean nothing.
insert into staging.coverage
select 'bench', unnest(['team', 'ownership', 'ci_run', 'deployment', 'change', 'incident', 'survey', 'survey_answer', 'pain_point', 'initiative']);

insert into staging.team (source, team_id, name, domain, headcount, eligible_at)
select 'bench', 'bench:t' || i, 'Team ' || i, 'Domain ' || i % 8, 4 + i % 9, timestamp '2024-01-01'
from range($teams) as r(i);

insert into staging.ownership (source, pattern, team_id)
select 'bench', 'acme/r' || i || '-*', 'bench:t' || i from range($teams) as r(i);

insert into staging.ci_run (source, run_id, repo, workflow, created_at, status, attempt, branch, event, sha, conclusion, started_at, finished_at)
with run as (
    select
        i,
        i % $teams as team,
        cast($until as timestamp) - to_seconds(cast(hash(i) % 63072000 as bigint)) as created_at,
        hash(i * 7) % 1000 as luck,
        hash(i * 13) % 3600 as length
    from range($runs) as r(i)
)
select
    'bench', 'bench:' || i, 'acme/r' || team || '-' || i % 3, ['CI', 'Lint', 'Train', 'Deploy', 'Security scan'][1 + i % 5],
    created_at, 'completed', case when luck % 20 = 0 then 2 else 1 end, case when i % 3 = 0 then 'main' else 'topic' end, 'push',
    md5(cast(i // 3 as varchar)),
    case when luck < 820 then 'success' when luck < 930 then 'failure' when luck < 990 then 'cancelled' else 'timed_out' end,
    created_at + to_seconds(cast(luck % 300 as bigint)), created_at + to_seconds(cast(luck % 300 + 30 + length as bigint))
from run;

insert into staging.deployment (source, deployment_id, repo, environment, created_at, status, product, sha, started_at, finished_at, via_platform, model_name)
with one as (
    select
        i,
        i % $teams as team,
        cast($until as timestamp) - to_seconds(cast(hash(i * 3) % 63072000 as bigint)) as created_at,
        hash(i * 11) % 1000 as luck
    from range($deployments) as r(i)
)
select
    'bench', 'bench:d' || i, 'acme/r' || team || '-' || i % 3, ['production', 'production', 'test', 'dev'][1 + i % 4],
    created_at, case when luck < 900 then 'succeeded' when luck < 970 then 'failed' else 'cancelled' end,
    'product ' || team || '-' || i % 3, md5('d' || i), created_at, created_at + to_seconds(cast(60 + luck as bigint)),
    luck % 3 > 0, case when i % 2 = 0 then 'model ' || team end
from one;

insert into staging.change (source, change_id, repo, merged_at, opened_at, first_commit_at, merge_sha, is_bot)
select
    'bench', 'bench:c' || i, 'acme/r' || i % $teams || '-' || i % 3, merged_at,
    merged_at - to_hours(cast(hash(i) % 60 as bigint)), merged_at - to_hours(cast(hash(i) % 60 + hash(i * 5) % 90 as bigint)),
    md5(cast(i as varchar)), i % 10 = 0
from (
    select i, cast($until as timestamp) - to_seconds(cast(hash(i * 17) % 63072000 as bigint)) as merged_at
    from range($deployments // 2) as r(i)
);

insert into staging.incident (source, incident_id, opened_at, resolved_at, repo)
select 'bench', 'bench:i' || i, opened_at, opened_at + to_hours(cast(hash(i) % 20 as bigint)), 'acme/r' || i % $teams || '-' || i % 3
from (
    select i, cast($until as timestamp) - to_seconds(cast(hash(i * 19) % 63072000 as bigint)) as opened_at
    from range($deployments // 50) as r(i)
);

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
