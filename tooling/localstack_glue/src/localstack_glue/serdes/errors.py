"""Why a file cannot be read by its table's SerDe."""


class SerdeError(Exception):
    """A file and its table do not go together."""


class BadDataError(SerdeError):
    """A value is not of its column's type, and the SerDe does not make it null (Athena: HIVE_BAD_DATA)."""


class MalformedRowError(SerdeError):
    """A line is not a row at all (Athena: HIVE_CURSOR_ERROR)."""


class UnsupportedSerdeError(SerdeError):
    """The table has a setting that is not supported here; the message names it."""
