"""Everything that speaks to the outside: fetch pages, land them, parse them into records, upsert into staging."""
