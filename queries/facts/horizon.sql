-- question: Which kinds of record are delivered, and up to when does each speak?
-- grain: record
-- reads: settings.definition, staging.change, staging.ci_run, staging.coverage, staging.deployment, staging.incident, staging.survey_answer
-- columns:
--   record                    varchar    kind of record that a source delivers, be it none
--   first_at                  timestamp  its first record; before it nobody knows of any
--   last_at                   timestamp  newest event of any kind in the sources that deliver it, never later than the build's clock; null before the first
-- A source that still reports runs but no deployments says that there were none; a source that never had any says nothing.
with event as (
    select source, 'ci_run' as record, min(created_at) as first_at, max(greatest(created_at, finished_at)) as moment
    from staging.ci_run group by source
    union all
    select source, 'deployment', min(coalesce(finished_at, created_at)), max(greatest(created_at, finished_at))
    from staging.deployment group by source
    union all
    select source, 'change', min(merged_at), max(merged_at) from staging.change group by source
    union all
    select source, 'incident', min(opened_at), max(greatest(opened_at, resolved_at)) from staging.incident group by source
    union all
    select source, 'survey_answer', min(submitted_at), max(submitted_at) from staging.survey_answer group by source
)
select
    coverage.record,
    min(event.first_at) filter (event.record = coverage.record) as first_at,
    case when max(event.moment) is not null then least(max(event.moment), any_value(definition.now)) end as last_at
from staging.coverage
left join event using (source)
cross join settings.definition
group by coverage.record
