"""DynamicFrames by name.

Follows the page "DynamicFrameCollection class" of the AWS Glue Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from awsglue.errors import GlueDataError

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame


class DynamicFrameCollection:
    """DynamicFrames by name."""

    def __init__(self, dynamic_frames: Mapping[str, DynamicFrame], glue_ctx: GlueContext) -> None:
        self._frames = dict(dynamic_frames)
        self._glue_ctx = glue_ctx

    def __getitem__(self, key: str) -> DynamicFrame:
        return self._frames[key]

    def __len__(self) -> int:
        return len(self._frames)

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._frames.keys()

    def values(self) -> Iterable[DynamicFrame]:
        """The frames."""
        return self._frames.values()

    def items(self) -> Iterable[tuple[str, DynamicFrame]]:
        """Names and frames."""
        return self._frames.items()

    def select(self, key: str, transformation_ctx: str = "") -> DynamicFrame:
        """The frame of that name."""
        if key not in self._frames:
            raise GlueDataError(f"the collection has no frame {key}, but {', '.join(self._frames)}")
        return self._frames[key]

    def map(self, callable: Callable[..., DynamicFrame], transformation_ctx: str = "") -> DynamicFrameCollection:  # noqa: A002
        """Call a function with each frame and a context of its own."""
        mapped = {name: callable(frame, f"{transformation_ctx}_{name}") for name, frame in self._frames.items()}
        return DynamicFrameCollection(mapped, self._glue_ctx)

    def flatmap(self, f: Callable[..., Any], transformation_ctx: str = "") -> DynamicFrameCollection:
        """Call a function with each frame; frames and collections that it answers make one collection."""
        flat: dict[str, DynamicFrame] = {}
        for name, frame in self._frames.items():
            answer = f(frame, f"{transformation_ctx}_{name}")
            if isinstance(answer, DynamicFrameCollection):
                flat.update({f"{name}_{inner}": member for inner, member in answer.items()})
            else:
                flat[name] = answer
        return DynamicFrameCollection(flat, self._glue_ctx)
