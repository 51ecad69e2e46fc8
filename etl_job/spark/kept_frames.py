"""What a run keeps in Spark's memory, which it may share with other programs of the session."""

from dataclasses import dataclass, field

from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class KeptFrames:
    """The frames that a run has kept in memory and not released yet."""

    _frames: list[DataFrame] = field(default_factory=list)

    def keep(self, frame: DataFrame) -> DataFrame:
        """Keep a frame's rows once they are computed."""
        self._frames.append(frame.persist())
        return frame

    def release(self) -> None:
        """Release all of them. Those that others keep in the same session stay."""
        while self._frames:
            self._frames.pop().unpersist()
