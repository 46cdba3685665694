-- The configuration as tables, so that facts can join it.
create schema settings;

create table settings.definition (
    timezone text not null,
    organisation text not null,
    incident_window_hours double not null,
    provisional_days integer not null,
    min_group integer not null,
    now timestamp not null
);

create table settings.environment (environment_class text not null, rank integer not null, pattern text not null);

create table settings.platform_rule (kind text not null, pattern text not null);

create table settings.cause_rule (cause text not null, rank integer not null, kind text not null, pattern text not null);

create table settings.default_branch (branch text not null);

create table settings.working_time (start_hour integer not null, end_hour integer not null, weekdays integer[] not null);

create table settings.holiday (day date not null);

create table settings.control (control text not null, pattern text not null);

create table settings.simulated_source (source text not null);
