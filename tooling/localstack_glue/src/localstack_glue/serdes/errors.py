"""Why a file cannot be read by its table's SerDe."""


class SerdeError(Exception):
    """A file and its table do not go together."""


class BadDataError(SerdeError):
    """A value is none of its column's type, and the SerDe makes no null of it (Athena: HIVE_BAD_DATA)."""


class MalformedRowError(SerdeError):
    """A line is no row at all (Athena: HIVE_CURSOR_ERROR)."""


class UnsupportedSerdeError(SerdeError):
    """The table asks for what is not supported here; the message names it."""
