"""What Arrow's kernels lack: texts with some of them taken out, masks that may be absent, and whole division.

Arrow's ``if_else`` gives other texts for a slice of an array than for a copy of it (22.0.0): slices are copied first.
"""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

_NOTHING = pa.scalar(None, pa.string())


def unsliced(values: pa.Array) -> pa.Array:
    """The same values, from the beginning of their buffers on."""
    return values if values.offset == 0 else pa.concat_arrays([values])


def either(
    one: pa.Array | None, other: pa.Array | None, together: Callable[[pa.Array, pa.Array], pa.Array] = pc.or_
) -> pa.Array | None:
    """One of two masks, or the bits of both; None means false everywhere."""
    if one is None or other is None:
        return other if one is None else one
    return together(one, other)


def texts_where(holds: pa.BooleanArray, texts: pa.StringArray) -> pa.StringArray:
    """The texts for which something holds; null in place of the others."""
    return pc.if_else(unsliced(holds), unsliced(texts), _NOTHING)


def without_empty(texts: pa.StringArray) -> pa.StringArray:
    """The texts with null in place of empty ones, which are missing values."""
    return texts_where(pc.greater(pc.binary_length(texts), 0), texts)


def without_missing(texts: pa.StringArray, missing: Sequence[str]) -> pa.StringArray:
    """The texts, with null for the texts that mean a missing value."""
    if not missing:
        return texts
    return texts_where(pc.invert(pc.is_in(texts, value_set=pa.array(missing, pa.string()))), texts)


def floor_divide(numbers: pa.Array, divisor: int) -> pa.Array:
    """As Python's ``//``; Arrow's division drops fractions towards zero."""
    cut = pc.divide(numbers, divisor)
    return pc.subtract(cut, pc.greater(pc.multiply(cut, divisor), numbers).cast(cut.type))
