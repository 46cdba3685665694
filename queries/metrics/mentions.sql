-- question: Which pains do users speak of in their own words?
-- version: 2
-- needs: survey_answer
-- always_by: survey_id, pain_id
-- dimensions: survey_id, pain_id, theme
-- definition: People whose free text was coded to a pain point, each once per pain, over the people who wrote anything in that survey; text of no pain has none. Never by team, domain or role, lest the words be tied to them. What fewer people than the privacy floor speak of is hidden. Text is coded at import by terms that can be read and corrected.
-- columns:
--   mention_count             people who speak of it
--   title                     pain point in words
--   writer_count              people who wrote anything
--   mention_ratio             of these, the share who speak of it
--   mention_ratio_low         lower end of its 95 % interval (Wilson)
--   mention_ratio_high        upper end
select
    /* group */
    count(*) as mention_count,
    any_value(title) as title,
    any_value(writer_count) as writer_count,
    ratio(mention_count, any_value(writer_count)) as mention_ratio,
    wilson_low(mention_count, any_value(writer_count)) as mention_ratio_low,
    wilson_high(mention_count, any_value(writer_count)) as mention_ratio_high
from marts.mention
where true /* and where */
group by all
