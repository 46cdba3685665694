-- Which rows of the build before cannot stay: a day of staging whose rows are not the same any more is touched, and what
-- such a day can change beside itself is named here. Runs in the database `workbench`; `model` starts as a copy of the
-- build before, `warehouse` holds staging.

-- name: days
create schema touched;

create table touched.day as
select coalesce(old.day, new.day) as day
from model.meta.staged_day as old
full join (
    select cast(created_at as date) as day, count(*) as row_count, cast(sum(hash(ci_run)) as text) as fingerprint
    from warehouse.staging.ci_run
    group by all
) as new using (day)
where old.row_count is distinct from new.row_count or old.fingerprint is distinct from new.fingerprint;

create table touched.owner as from model.facts.owner;

create table touched.clock as select as_of from model.facts.clock;

create table touched.team as select team_id, domain from model.facts.team;

-- name: runs
-- repositories that changed hands change their runs, whenever these were; so do those of a team that changed domain
create table touched.repo as
select repo from (from touched.owner except from model.facts.owner)
union
select repo from (from model.facts.owner except from touched.owner)
union
select repo
from model.facts.owner
semi join (
    (from touched.team except select team_id, domain from warehouse.staging.team)
    union
    (select team_id, domain from warehouse.staging.team except from touched.team)
) as moved using (team_id);

-- what is dated after now does not count yet: it does once its time has come, and no more where a clock was set back
create table touched.ahead as
select run_id, repo, workflow, sha from warehouse.staging.ci_run
where greatest(created_at, finished_at) > (select min(as_of) from (from touched.clock union all select as_of from model.facts.clock));

create table touched.begun as
from touched.ahead
union
select run_id, repo, workflow, sha from warehouse.staging.ci_run
where cast(created_at as date) in (from touched.day) or repo in (from touched.repo)
union
select run_id, repo, workflow, sha from model.facts.ci_run
where cast(created_at as date) in (from touched.day) or repo in (from touched.repo);

-- runs are flaky by what others did on the same commit, now or before they were changed
create table touched.run as
select run_id from touched.begun
union
select run_id from warehouse.staging.ci_run
semi join (
    from touched.begun
    union
    select run_id, repo, workflow, sha from model.facts.ci_run where run_id in (select run_id from touched.begun)
) as known using (repo, workflow, sha);

create table touched.before as select created_at from model.facts.ci_run where run_id in (from touched.run);

-- all that says how the touched runs went: their attempts, and the other runs of their commits
create view staging.ci_run as
with own as (from warehouse.staging.ci_run where run_id in (from touched.run))
from own
union
from warehouse.staging.ci_run semi join own using (repo, workflow, sha);

-- name: weeks
create table touched.near as
select distinct cast(unnest(generate_series(moment - interval 8 days, moment + interval 8 days, interval 1 day)) as date) as day
from (
    select date_trunc('day', created_at) as moment from touched.before
    union
    select date_trunc('day', created_at) from model.facts.ci_run where run_id in (from touched.run)
);

create table touched.week as
select distinct cast(greatest(date_trunc('week', day), date_trunc('month', day)) as date) as day
from (
    select local_day(created_at, timezone) as day from touched.before cross join model.facts.clock
    union
    select local_day(created_at, timezone) from model.facts.ci_run cross join model.facts.clock where run_id in (from touched.run)
);
