"""DynamicFrames by name.

Follows the page "DynamicFrameCollection class" of the AWS Glue Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awsglue.context import GlueContext
    from awsglue.dynamicframe import DynamicFrame


class DynamicFrameCollection:
    """DynamicFrames by name."""

    def __init__(self, dynamic_frames: Mapping[str, DynamicFrame] | list[DynamicFrame], glue_ctx: GlueContext) -> None:
        if isinstance(dynamic_frames, list):
            dynamic_frames = {frame.name: frame for frame in dynamic_frames}
        if not isinstance(dynamic_frames, Mapping):
            raise TypeError("dynamic_frames must be list or dict.")
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
        """The frame with this name; an empty frame if there is none."""
        return self._frames[key] if key in self._frames else self._glue_ctx._empty_frame(key)

    def map(self, callable: Callable[..., DynamicFrame], transformation_ctx: str = "") -> DynamicFrameCollection:  # noqa: A002
        """Call a function with each frame and its own transformation context.

        Raises:
            TypeError: the function returns something else than a frame.
        """
        mapped = {}
        for name, frame in self._frames.items():
            answer = callable(frame, f"{transformation_ctx}:{name}")
            if not hasattr(answer, "toDF"):
                raise TypeError(f"callable must return a DynamicFrame. Got {type(answer)}")
            mapped[name] = answer
        return DynamicFrameCollection(mapped, self._glue_ctx)

    def flatmap(self, f: Callable[..., Any], transformation_ctx: str = "") -> DynamicFrameCollection:
        """Call a function with each frame, and collect the frames and collections that it returns.

        Raises:
            TypeError: the function returns neither a frame nor a collection.
        """
        flat: dict[str, DynamicFrame] = {}
        for frame in self._frames.values():
            answer = f(frame, f"{transformation_ctx}:{frame.name}")
            if isinstance(answer, DynamicFrameCollection):
                flat.update(answer.items())
            elif hasattr(answer, "toDF"):
                flat[answer.name] = answer
            else:
                message = "Function argument to flatmap must return DynamicFrame or DynamicFrameCollection."
                raise TypeError(f"{message} Got {type(answer)}")
        return DynamicFrameCollection(flat, self._glue_ctx)
