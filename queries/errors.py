"""What can go wrong when asking: a question that the data model does not know, or no data to ask."""


class QueryError(Exception):
    """Base; its text is one line that a person can act on."""

    exit_code = 1


class UsageError(QueryError):
    """The question names a metric, column, period or fact that does not exist; the text lists those that do."""

    exit_code = 2


class NoReadModel(QueryError):
    """Nothing has been published yet."""


class DamagedReadModel(QueryError):
    """What was published cannot be read."""
