-- question: Which pains are users asked about?
-- grain: pain_id
-- reads: staging.pain_point
-- columns:
--   pain_id                   varchar    id with its source's prefix
--   title                     varchar    the pain in words
--   description               varchar    what it is about
--   theme                     varchar    theme
--   evidence_metric           varchar    metric that would confirm or contradict it
select pain_id, title, description, theme, evidence_metric
from staging.pain_point
