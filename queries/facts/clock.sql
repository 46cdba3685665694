-- question: Up to when does the data speak, and what can it speak of?
-- grain: one row
-- reads: facts.horizon, settings.definition, settings.simulated_source, staging.coverage, staging.incident
-- columns:
--   as_of                     timestamp  newest event in the data, never later than the build's clock
--   today                     date       day of as_of in the reporting time zone
--   timezone                  varchar    reporting time zone
--   has_incidents             boolean    a source delivers incidents, be it none
--   is_simulated              boolean    some of the data is made up
with newest as (
    select coalesce(max(horizon.last_at), any_value(definition.now)) as as_of
    from settings.definition left join facts.horizon on true
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
