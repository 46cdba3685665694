-- What a reader needs to trust the model: its versions and times, what each source delivered, and what was refused.
create schema meta;

create table meta.build as
select
    $version as version,
    $logic_version as logic_version,
    $built_at as built_at,
    as_of,
    today,
    timezone,
    is_simulated
from facts.clock;

-- What the settings said, so that the next build can tell which of them changed.
create table meta.definition as
select unnest($names) as name, unnest($contents) as content;

-- What the build after this one compares, so that it need not make anew what did not change
create table meta.staged_day as
select cast(created_at as date) as day, count(*) as row_count, cast(sum(hash(ci_run)) as text) as fingerprint
from staging.ci_run
group by all;

create table meta.rejected as from staging.rejected;

create table meta.source as
with counted as (
    select source, 'team' as record, count(*) as row_count from staging.team group by source
    union all
    select source, 'ownership' as record, count(*) as row_count from staging.ownership group by source
    union all
    select source, 'ci_run' as record, count(*) as row_count from staging.ci_run group by source
    union all
    select source, 'ci_job' as record, count(*) as row_count from staging.ci_job group by source
    union all
    select source, 'deployment' as record, count(*) as row_count from staging.deployment group by source
    union all
    select source, 'change' as record, count(*) as row_count from staging.change group by source
    union all
    select source, 'incident' as record, count(*) as row_count from staging.incident group by source
    union all
    select source, 'model_version' as record, count(*) as row_count from staging.model_version group by source
    union all
    select source, 'capability' as record, count(*) as row_count from staging.capability group by source
    union all
    select source, 'survey' as record, count(*) as row_count from staging.survey group by source
    union all
    select source, 'survey_answer' as record, count(*) as row_count from staging.survey_answer group by source
    union all
    select source, 'pain_point' as record, count(*) as row_count from staging.pain_point group by source
    union all
    select source, 'initiative' as record, count(*) as row_count from staging.initiative group by source
)
select coverage.source, coverage.record, coalesce(counted.row_count, 0) as row_count
from staging.coverage
left join counted using (source, record)
order by all;
