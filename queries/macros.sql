-- Small functions that several tables share; they travel inside the read model, so that any SQL shown to a person runs there.

-- an id without the name of its source
create or replace macro bare(id) as substr(id, strpos(id, ':') + 1);

-- the calendar day of a UTC instant in the reporting time zone
create or replace macro local_day(instant, zone) as cast(timezone(zone, timezone('UTC', instant)) as date);

-- does a text match a glob, without regard to case
create or replace macro matches(value, pattern) as lower(value) glob lower(pattern);

-- a surface of the platform, however it is spelled: Version Control, version_control and version-control are one, CI-CD and cicd are ci/cd
create or replace macro surface_key(name) as case
    when regexp_full_match(lower(trim(name)), 'ci[ _/-]?cd') then 'ci/cd'
    else regexp_replace(lower(trim(name)), '[ _-]+', ' ', 'g')
end;

-- hours from one instant to another; null when either is unknown, negative when the order is wrong
create or replace macro hours_between(first, last) as epoch_ms(last - first) / 3600000.0;

-- the lower end, in hours, of the range that a duration falls into: an hour, a day, a week, 30 days, 180 days
create or replace macro duration_from(hours) as
    case when hours < 1 then 0 when hours < 24 then 1 when hours < 168 then 24 when hours < 720 then 168 when hours < 4320 then 720 when hours >= 4320 then 4320 end;

-- 95 % Wilson score interval of a ratio (Wilson 1927), null without any case; its ends at none and at all are exact
create or replace macro wilson_low(k, n) as
    case when n > 0 and k = 0 then 0.0 when n > 0 then greatest(0.0, (k + 1.9207294103470618 - 1.959963984540054 * sqrt(k * (n - k) / cast(n as double) + 0.9603647051735309)) / (n + 3.8414588206941236)) end;
create or replace macro wilson_high(k, n) as
    case when n > 0 and k = n then 1.0 when n > 0 then least(1.0, (k + 1.9207294103470618 + 1.959963984540054 * sqrt(k * (n - k) / cast(n as double) + 0.9603647051735309)) / (n + 3.8414588206941236)) end;

-- how many yes-or-no answers say as much as n ratings from 0 to 1 of this mean and population variance: with it, Wilson gives
-- the 95 % interval of the mean. Its spread counts one respondent more, who answers evenly over five boxes:
-- without, a few equal ratings would look certain. Student's t covers 82 to 94 % where 8 rate, this 93 to 97.
create or replace macro spread_part(m, sq, n) as (n * sq + 0.375) / (n + 1) - power((n * m + 0.5) / (n + 1), 2);
create or replace macro rating_n(m, v, n) as
    n / least(1.0, spread_part(m, v + m * m, n) / ((n * m + 0.5) / (n + 1) * (1 - (n * m + 0.5) / (n + 1))) * n / nullif(n - 1, 0));

-- a ratio, null without any case
create or replace macro ratio(k, n) as k / nullif(cast(n as double), 0);

-- what is left of 1 after shares that are added up, which can miss 1 in the last digit; null stays null, as in greatest() it would not
create or replace macro at_least_0(x) as case when x < 0 then 0.0 else x end;
