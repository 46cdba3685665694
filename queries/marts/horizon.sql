-- question: Which kinds of record are delivered, and up to which day does each speak?
-- grain: record
-- reads: facts.clock, facts.horizon
-- columns:
--   record                    varchar    kind of record that a source delivers, be it none
--   first_day                 date       day of its first record, in the reporting time zone; before it nobody knows of any
--   last_day                  date       day of its newest event, in the reporting time zone; null before the first
select
    horizon.record,
    local_day(horizon.first_at, clock.timezone) as first_day,
    local_day(horizon.last_at, clock.timezone) as last_day
from facts.horizon
cross join facts.clock
