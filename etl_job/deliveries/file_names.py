"""Which files below a delivery's folder are part of it: one rule for who uploads them and for the job that reads them.

Crawlers and Spark skip other names (G25). What they skip without a word is refused by the one, and logged by the other.
"""

_HIDDEN = ("_", ".")
_UNFINISHED = "._COPYING_"
_FOLDER_MARKER = "_$folder$"

HIDDEN = "its name, or that of a folder above it, begins with _ or ."
UNFINISHED = f"its name ends with {_UNFINISHED}: it is an unfinished copy"
NO_BYTES = "it has no bytes"
NAMED_AS_FOLDER = "it stands for a folder, which readers skip"


def why_left_out(path: str, size_bytes: int) -> str | None:
    """Why a file of this path below its delivery holds no rows for a run; None where it is read."""
    if is_folder_marker(path.rpartition("/")[2]):
        return NAMED_AS_FOLDER
    if is_hidden(path):
        return why_hidden(path)
    return None if size_bytes else NO_BYTES


def is_hidden(path: str) -> bool:
    """Whether a file of this path below its delivery is none that was delivered: readers and crawlers skip it."""
    return any(part.startswith(_HIDDEN) for part in path.split("/")) or path.endswith(_UNFINISHED)


def why_hidden(path: str) -> str:
    """Why readers skip a file of this path below its delivery, if they do."""
    return UNFINISHED if path.endswith(_UNFINISHED) else HIDDEN


def is_folder_marker(name: str) -> bool:
    """Whether an object of this name only stands for a folder."""
    return not name or name.endswith(_FOLDER_MARKER)
