"""Which files belong to a delivery: one rule for the upload, for what lists deliveries, and for the job.

Crawlers and Spark silently skip other names (G25). The upload refuses such files, and the job logs them.
"""

_HIDDEN = ("_", ".")
_UNFINISHED = "._COPYING_"
_FOLDER_MARKER = "_$folder$"

PARTITION_KEY = "delivery"
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what a crawler calls the delivery of a folder `delivery=`

HIDDEN = "its name, or that of a folder above it, begins with _ or ."
UNFINISHED = f"its name ends with {_UNFINISHED}: it is an unfinished copy"
NO_BYTES = "it has no bytes"
NAMED_AS_FOLDER = "it is a folder marker, which readers skip"


def why_left_out(path: str, size_bytes: int) -> str | None:
    """Why a file at this path in its delivery has no rows for a run; None if it is read."""
    if is_folder_marker(path.rpartition("/")[2]):
        return NAMED_AS_FOLDER
    if is_hidden(path):
        return why_hidden(path)
    return None if size_bytes else NO_BYTES


def is_hidden(path: str) -> bool:
    """Whether a file at this path in its delivery is not part of it: readers and crawlers skip it."""
    return any(part.startswith(_HIDDEN) for part in path.split("/")) or path.endswith(_UNFINISHED)


def why_hidden(path: str) -> str:
    """Why readers skip a file of this path below its delivery, if they do."""
    return UNFINISHED if path.endswith(_UNFINISHED) else HIDDEN


def delivery_named_by(folder: str) -> str | None:
    """The delivery that a folder of raw files is named after; None if it is not."""
    key, has_value, value = folder.partition("=")
    return (value or _NO_VALUE) if has_value and key.lower() == PARTITION_KEY else None


def is_folder_marker(name: str) -> bool:
    """Whether an object with this name is only a folder marker."""
    return not name or name.endswith(_FOLDER_MARKER)
