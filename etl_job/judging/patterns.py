"""Regular expressions of contracts, which are RE2's: https://github.com/google/re2/wiki/Syntax.

They take time in proportion to the text, whatever it holds. Earlier versions read them as Java does.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

_NOTHING = pa.array([""])
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_NESTED_CLASS = re.compile(r"\[\^?\]?[^\]\\]*(\[(?!:)|&&)")
_SPACE = re.compile(r"(?<!\\)(?:\\\\)*\\s")


def unreadable(pattern: str) -> str | None:
    """Why RE2 cannot read a pattern; None where it can."""
    try:
        pc.match_substring_regex(_NOTHING, pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")
    return None


def read_otherwise(pattern: str) -> str | None:
    """What in a pattern means something else to RE2 than it did to Java; None where nothing is known to."""
    found = _NESTED_CLASS.search(_ESCAPED.sub("..", pattern))
    if found:
        what = "the intersection &&" if found[1] == "&&" else "the nested class"
        return f"{what} in {found[0][:40]!r} is Java syntax: RE2 reads its characters literally"
    return None
