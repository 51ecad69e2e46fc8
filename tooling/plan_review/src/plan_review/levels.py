"""The levels of consent that findings need, and that `--approve` gives."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """The consent that a finding needs; each level includes those below it."""

    NOTE = 0
    CHANGE = 1
    ACCESS = 2
    DESTROY = 3
    DATA = 4
    BLOCKED = 5

    @property
    def word(self) -> str:
        """The level as users write it."""
        return self.name.lower()
