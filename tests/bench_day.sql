-- What one more day brings: the last day's runs, jobs, changes and deployments again, a day later and with ids of their own.
insert into staging.ci_run by name
select * replace (
    run_id || '-next' as run_id, sha || 'x' as sha,
    created_at + interval 1 day as created_at, started_at + interval 1 day as started_at, finished_at + interval 1 day as finished_at
)
from staging.ci_run
where created_at >= cast($until as timestamp) - interval 1 day;

insert into staging.ci_job by name
select * replace (
    job_id || '-next' as job_id, run_id || '-next' as run_id,
    created_at + interval 1 day as created_at, started_at + interval 1 day as started_at, finished_at + interval 1 day as finished_at
)
from staging.ci_job
where created_at >= cast($until as timestamp) - interval 1 day;

insert into staging.change by name
select * replace (
    change_id || '-next' as change_id, merge_sha || 'x' as merge_sha, merged_at + interval 1 day as merged_at,
    opened_at + interval 1 day as opened_at, first_commit_at + interval 1 day as first_commit_at
)
from staging.change
where merged_at >= cast($until as timestamp) - interval 1 day;

insert into staging.deployment by name
select * replace (
    deployment_id || '-next' as deployment_id, sha || 'x' as sha,
    created_at + interval 1 day as created_at, started_at + interval 1 day as started_at, finished_at + interval 1 day as finished_at
)
from staging.deployment
where created_at >= cast($until as timestamp) - interval 1 day;

insert into meta.raw_file values ('bench/next.jsonl.gz', 'bench', 1, 1, 1, 0);
