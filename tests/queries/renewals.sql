-- new runs
insert into staging.ci_run by name
select * replace (run_id || '-new' as run_id, created_at + interval 9 hours as created_at)
from staging.ci_run using sample 3 rows;

-- another verdict
update staging.ci_run set conclusion = 'failure'
where run_id in (select run_id from staging.ci_run using sample 3 rows);

-- one more attempt
insert into staging.ci_run by name
select * replace (attempt + 1 as attempt, 'success' as conclusion)
from (
    from staging.ci_run as run
    where conclusion = 'failure'
        and not exists (from staging.ci_run as other where other.run_id = run.run_id and other.attempt > run.attempt)
) using sample 2 rows;

-- a late run of an old commit
insert into staging.ci_run by name
select * replace (
    run_id || '-late' as run_id, 'success' as conclusion,
    created_at + interval 50 days as created_at, finished_at + interval 50 days as finished_at
)
from (from staging.ci_run where conclusion = 'failure') using sample 2 rows;

-- runs of another time
update staging.ci_run set created_at = created_at - interval 40 days
where run_id in (select run_id from staging.ci_run using sample 2 rows);

-- runs of another commit
update staging.ci_run set sha = 'f00'
where run_id in (select run_id from (from staging.ci_run where conclusion = 'success') using sample 4 rows);

-- runs that are gone
delete from staging.ci_run where run_id in (select run_id from staging.ci_run using sample 2 rows);

-- a repository of another name
update staging.ci_run set repo = repo || '-renamed'
where repo = (select any_value(repo) from (from staging.ci_run using sample 1 rows));

-- another owner
update staging.ownership set team_id = (select max(team_id) from staging.team)
where pattern in (select pattern from staging.ownership using sample 1 rows);

-- a team in another domain
update staging.team set domain = domain || '!' where team_id in (select team_id from staging.team using sample 1 rows);

-- no run at all
update staging.deployment set status = 'failed'
where deployment_id in (select deployment_id from staging.deployment using sample 3 rows);
