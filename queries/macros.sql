-- Small functions that several tables share; they travel inside the read model, so that any SQL shown to a person runs there.

-- an id without the name of its source
create or replace macro bare(id) as substr(id, strpos(id, ':') + 1);

-- the calendar day of a UTC instant in the reporting time zone
create or replace macro local_day(instant, zone) as cast(timezone(zone, timezone('UTC', instant)) as date);

-- does a text match a glob, without regard to case
create or replace macro matches(value, pattern) as lower(value) glob lower(pattern);

-- hours from one instant to another; null when either is unknown, negative when the order is wrong
create or replace macro hours_between(first, last) as epoch_ms(last - first) / 3600000.0;

-- 95 % Wilson score interval of a ratio (Wilson 1927), null without any case; its ends at none and at all are exact
create or replace macro wilson_low(k, n) as
    case when n > 0 and k = 0 then 0.0 when n > 0 then greatest(0.0, (k + 1.9207294103470618 - 1.959963984540054 * sqrt(k * (n - k) / cast(n as double) + 0.9603647051735309)) / (n + 3.8414588206941236)) end;
create or replace macro wilson_high(k, n) as
    case when n > 0 and k = n then 1.0 when n > 0 then least(1.0, (k + 1.9207294103470618 + 1.959963984540054 * sqrt(k * (n - k) / cast(n as double) + 0.9603647051735309)) / (n + 3.8414588206941236)) end;

-- a ratio, null without any case
create or replace macro ratio(k, n) as k / nullif(cast(n as double), 0);
