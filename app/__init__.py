"""Everything that a person or cron touches: the command line and the dashboard."""
