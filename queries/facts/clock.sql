-- question: Up to when does the data speak, and what can it speak of?
-- grain: one row
-- reads: settings.definition, settings.simulated_source, staging.change, staging.ci_run, staging.coverage, staging.deployment, staging.incident, staging.survey_answer
-- columns:
--   as_of                     timestamp  newest event in the data, never later than the build's clock
--   today                     date       day of as_of in the reporting time zone
--   timezone                  varchar    reporting time zone
--   has_incidents             boolean    a source delivers incidents, be it none
--   is_simulated              boolean    some of the data is made up
with event as (
    select max(greatest(created_at, finished_at)) as moment from staging.ci_run
    union all
    select max(greatest(created_at, finished_at)) from staging.deployment
    union all
    select max(merged_at) from staging.change
    union all
    select max(greatest(opened_at, resolved_at)) from staging.incident
    union all
    select max(submitted_at) from staging.survey_answer
),
newest as (
    select least(coalesce(max(event.moment), any_value(definition.now)), any_value(definition.now)) as as_of
    from event cross join settings.definition
)
select
    newest.as_of,
    local_day(newest.as_of, definition.timezone) as today,
    definition.timezone,
    exists (from staging.coverage where record = 'incident') or exists (from staging.incident) as has_incidents,
    exists (
        from staging.coverage inner join settings.simulated_source using (source)
    ) as is_simulated
from newest cross join settings.definition
