-- The staging tables: the whole contract between ingest (writes) and queries (reads).
-- One table a record, columns as in ingest/records.py after `source`, times in UTC; a test compares the two.
create schema if not exists staging;

create table if not exists staging.team (
    source text not null,
    team_id text not null,
    name text not null,
    domain text,
    headcount integer,
    eligible_at timestamp,
    onboarded_at timestamp,
    support_model text,
    is_platform_team boolean
);

create table if not exists staging.ownership (
    source text not null,
    pattern text not null,
    team_id text not null,
    product text,
    since timestamp
);

create table if not exists staging.ci_run (
    source text not null,
    run_id text not null,
    repo text not null,
    workflow text not null,
    created_at timestamp not null,
    status text not null,
    attempt integer not null,
    branch text,
    event text,
    sha text,
    conclusion text,
    started_at timestamp,
    finished_at timestamp,
    actor text,
    uses text[],
    url text
);

create table if not exists staging.ci_job (
    source text not null,
    job_id text not null,
    run_id text not null,
    name text not null,
    conclusion text,
    created_at timestamp,
    started_at timestamp,
    finished_at timestamp,
    failed_step text
);

create table if not exists staging.deployment (
    source text not null,
    deployment_id text not null,
    repo text not null,
    environment text not null,
    created_at timestamp not null,
    status text not null,
    product text,
    sha text,
    ref text,
    started_at timestamp,
    finished_at timestamp,
    workflow text,
    run_id text,
    actor text,
    via_platform boolean,
    model_name text,
    model_version text,
    data_version text,
    artifact text,
    approval_requested_at timestamp,
    approved_at timestamp,
    rollback_of text,
    is_unplanned boolean,
    cause text,
    url text
);

-- Commits that a deployment contains and the one before it did not: which changes it ships, where a source knows it.
create table if not exists staging.deployed_commit (
    source text not null,
    deployment_id text not null,
    sha text not null
);

create table if not exists staging.change (
    source text not null,
    change_id text not null,
    repo text not null,
    merged_at timestamp not null,
    number integer,
    opened_at timestamp,
    first_commit_at timestamp,
    first_review_at timestamp,
    head_sha text,
    merge_sha text,
    author text,
    is_bot boolean,
    shipped_in text,
    url text
);

create table if not exists staging.incident (
    source text not null,
    incident_id text not null,
    opened_at timestamp not null,
    resolved_at timestamp,
    deployment_id text,
    repo text,
    product text,
    team_id text,
    severity text,
    detected_by text,
    title text,
    url text
);

create table if not exists staging.model_version (
    source text not null,
    model_name text not null,
    version text not null,
    created_at timestamp not null,
    product text,
    alias text,
    stage text,
    source_sha text,
    run_id text,
    data_version text
);

create table if not exists staging.capability (
    source text not null,
    team_id text not null,
    capability text not null,
    level text not null,
    observed_at timestamp not null,
    solution text,
    since timestamp,
    note text
);

create table if not exists staging.survey (
    source text not null,
    survey_id text not null,
    opened_at timestamp not null,
    closed_at timestamp,
    title text,
    invited_count integer
);

create table if not exists staging.survey_answer (
    source text not null,
    survey_id text not null,
    response_id text not null,
    question_id text not null,
    respondent text,
    team_id text,
    role text,
    submitted_at timestamp,
    pain_id text,
    rating double,
    scale_min double,
    scale_max double,
    choice text,
    text text
);

create table if not exists staging.pain_point (
    source text not null,
    pain_id text not null,
    title text not null,
    description text,
    theme text,
    evidence_metric text
);

create table if not exists staging.initiative (
    source text not null,
    initiative_id text not null,
    title text not null,
    status text not null,
    pain_ids text[],
    priority integer,
    effort_days double,
    started_at timestamp,
    shipped_at timestamp,
    url text,
    blocker text
);
-- a warehouse that is older than the column
alter table staging.initiative add column if not exists blocker text;

-- Rows that are no records, with where they stood and why they were refused.
create table if not exists staging.rejected (
    source text not null,
    record text not null,
    file text not null,
    row_number bigint not null,
    reason text not null,
    content text
);

-- Which kinds of record a source has delivered, even when it had no row of it: tells "none happened" from "not measured".
create table if not exists staging.coverage (
    source text not null,
    record text not null
);
