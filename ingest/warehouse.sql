-- name: layout
-- What ingest knows of its own work: raw files loaded, where each source left off, and the log of runs.
create schema if not exists meta;

create table if not exists meta.raw_file (
    name text not null,
    source text not null,
    number bigint not null,
    page_count integer not null,
    row_count bigint not null,
    rejected_count bigint not null
);

create table if not exists meta.watermark (
    source text not null,
    key text not null,
    value json not null
);

-- What was told of records that only several events together make, each event once.
create table if not exists meta.event (
    source text not null,
    record text not null,
    id text not null,
    content text not null
);

-- What repositories are called now, by the ids that they keep.
create table if not exists meta.repository (
    source text not null,
    id text not null,
    name text not null
);

-- The settings that decided what was made of a source's raw data.
create table if not exists meta.meaning (
    source text not null,
    content text not null
);

create table if not exists meta.run (
    run_id bigint not null,
    command text not null,
    source text not null,
    started_at timestamp not null,
    finished_at timestamp not null,
    outcome text not null,
    page_count integer not null,
    row_count bigint not null,
    rejected_count bigint not null,
    message text
);

-- name: columns
select schema_name || '.' || table_name, column_name, data_type
from duckdb_columns()
where schema_name in ('staging', 'meta');

-- name: upsert
-- A template, since a table cannot be a parameter: the names come from ingest/records.py and nowhere else.
-- Counts the rows that are new or differ; an equal copy changes nothing.
merge into staging.$noun as old
using batch as new
on $same_key
when matched and ($differs) then update by name
when not matched then insert by name;

-- name: clear_rejected
delete from staging.rejected where source = $source and file in (select unnest($files));

-- name: reject
insert into staging.rejected
select distinct source, record, file, row_number, reason, content from rejects
where not exists (
    select 1 from staging.rejected as old
    where old.source = rejects.source
        and old.record = rejects.record
        and old.file = rejects.file
        and old.row_number = rejects.row_number
        and old.reason = rejects.reason
);

-- name: cover
insert into staging.coverage
select $source, delivered.record from (select unnest($records) as record) as delivered
where not exists (select 1 from staging.coverage as old where old.source = $source and old.record = delivered.record);

-- name: mark
merge into meta.watermark as old
using (select $source as source, key, cast(value as json) as value from (select unnest($keys) as key, unnest($values) as value)) as new
on old.source = new.source and old.key = new.key
when matched then update by name
when not matched then insert by name;

-- name: events
select record, id, content
from meta.event
semi join (select unnest($records) as record, unnest($ids) as id) as wanted using (record, id)
where source = $source;

-- name: keep_events
insert into meta.event by name
select source, record, id, content from told
where not exists (
    select 1 from meta.event as old
    where old.source = told.source and old.record = told.record and old.id = told.id and old.content = told.content
);

-- name: retract
-- A template, as above.
delete from staging.$noun where source = $$source and $id in (select unnest($$ids));

-- name: rename
-- A template, as above. All at once, since two may have exchanged their names.
update staging.$noun as row
set repo = named.name
from (
    select lower(old.name) as old_name, new.name
    from (select unnest($$ids) as id, unnest($$names) as name) as new
    inner join meta.repository as old on old.id = new.id and old.source = $$source
    where old.name <> new.name
) as named
where row.source = $$source and lower(row.repo) = named.old_name;

-- name: keep_names
merge into meta.repository as old
using (select $source as source, unnest($ids) as id, unnest($names) as name) as new
on old.source = new.source and old.id = new.id
when matched then update by name
when not matched then insert by name;

-- name: forget_part
-- A template, as above.
delete from staging.$noun where source = $$source and ($$name is null or $column = $$name);

-- name: record_raw_file
insert into meta.raw_file values ($name, $source, $number, $page_count, $row_count, $rejected_count);

-- name: raw_files
select name, number from meta.raw_file;

-- name: marks
select key, cast(value as text) from meta.watermark where source = $source;

-- name: next_run
select coalesce(max(run_id), 0) + 1 from meta.run;

-- name: log_run
insert into meta.run values (
    $run_id, $command, $source, $started_at, $finished_at, $outcome, $page_count, $row_count, $rejected_count, $message
);

-- name: last_runs
select
    source,
    -- by the number of the run: after a clock that went wrong, the latest time is not that of the last run
    last(finished_at order by run_id) as last_run_at,
    last(finished_at order by run_id) filter (where outcome = 'ok') as last_success_at,
    last(message order by run_id) as message
from meta.run
where command = 'ingest'
group by source;

-- name: runs
select run_id, command, source, started_at, finished_at, outcome, page_count, row_count, rejected_count, message
from meta.run
where run_id > (select coalesce(max(run_id), 0) from meta.run) - $last
order by run_id desc, source;

-- name: rejected_counts
select source, count(*) from staging.rejected group by source;

-- name: coverage
select source, record from staging.coverage order by source, record;

-- name: row_counts
-- A template, as above.
select source, count(*) from staging.$noun group by source;

-- name: forget
-- A template, as above.
delete from $table where source in (select unnest($$sources));

-- name: attach
-- A template, since a file cannot be a parameter either.
attach '$file' as snapshot (read_only);

-- name: restore
-- A template, as above. By name: an older snapshot may lack columns.
insert into $table by name from snapshot.$table;

-- name: detach
detach snapshot;

-- name: meaning
select content from meta.meaning where source = $source;

-- name: mean
merge into meta.meaning as old
using (select $source as source, $content as content) as new
on old.source = new.source
when matched then update by name
when not matched then insert by name;

-- name: refers
-- A template, as above.
select count(*) from staging.$noun where source = $$source and contains(cast($column as text), $$start);

-- name: sources
select distinct source from meta.raw_file;
