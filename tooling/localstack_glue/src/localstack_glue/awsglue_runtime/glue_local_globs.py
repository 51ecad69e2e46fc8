"""The glob patterns of exclusions, of crawlers (G25) and of the library in a job, which AWS documents in one place.

The names of this module and its package differ, as a job finds it by the library's folder.
"""

import re
from collections.abc import Callable, Iterable


def excluder(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Build the test whether a path is excluded; crawlers give it relative to the include path."""
    compiled = [re.compile(to_regex(pattern)) for pattern in patterns]
    return lambda path: any(pattern.fullmatch(path) for pattern in compiled)


def to_regex(pattern: str) -> str:
    """Translate: `*` stays within a folder, `**` crosses folders, `?`, `[a-z]`, `[!a]` and `{a,b}` as usual.

    Within brackets, `*`, `?`, a backslash and `^` are themselves, and `-` is where it comes first.
    """
    out, position, depth = [], 0, 0
    while position < len(pattern):
        char = pattern[position]
        position += 1
        if char == "*":
            if pattern[position : position + 1] == "*":
                position += 1
                out.append(".*")
            else:
                out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "\\" and position < len(pattern):
            out.append(re.escape(pattern[position]))
            position += 1
        elif char == "[" and (end := pattern.find("]", position + 1)) > 0:
            out.append(_character_class(pattern[position:end]))
            position = end + 1
        elif char == "{" and "}" in pattern[position:]:
            out.append("(?:")
            depth += 1
        elif char == "}" and depth:
            out.append(")")
            depth -= 1
        elif char == "," and depth:
            out.append("|")
        else:
            out.append(re.escape(char))
    return "".join(out) + ")" * depth


def escaped(text: str) -> str:
    """A pattern that matches this text alone."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", text)


def _character_class(body: str) -> str:
    is_negated = body.startswith("!")
    members = (body[1:] if is_negated else body).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    members = members.replace("^", "\\^").replace("&&", "&\\&").replace("--", "-\\-")
    try:
        re.compile(f"[{members}]")
    except re.error:
        return re.escape(f"[{body}]")
    return f"(?!/)[{'^' if is_negated else ''}{members}]"
