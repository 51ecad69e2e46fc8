"""The hash that Spark's function ``xxhash64`` gives, of whole Arrow columns of texts.

XXH64 as its author specifies it (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Of several columns
Spark takes the hash of one as the seed of the next, beginning with 42. All texts of one length go through the same
steps, so each step is one Arrow kernel over many of them: about 60 ns a text, where a call for each would take 600.
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

_SEED = 42  # Spark's
_MASK = 2**64 - 1
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def hash_columns(columns: Sequence[pa.Array], salt: int | None = None) -> pa.Array:
    """What ``xxhash64(salt, *columns)`` gives in Spark, as int64, one for each row; without ``salt``, of columns alone.

    ``columns`` are string arrays of one length, at least one, without nulls; ``salt`` is an int as SQL's literals are.
    """
    seed = _scalar(_SEED if salt is None else _hash_of_int(salt))
    for column in columns:
        seed = _hash_texts(column, seed)
    return seed.view(pa.int64())


def _hash_texts(texts: pa.Array, seed: pa.Array | pa.Scalar) -> pa.Array:
    order = pc.sort_indices(pc.binary_length(texts))
    ordered = texts.cast(pa.binary()).take(order)
    seeds = seed.take(order) if isinstance(seed, pa.Array) else seed
    hashes, place = [], 0
    for run in pc.value_counts(pc.binary_length(ordered)).to_pylist():  # in the order in which lengths appear
        same = ordered.slice(place, run["counts"])
        of_run = seeds.slice(place, run["counts"]) if isinstance(seeds, pa.Array) else seeds
        hashes.append(_hash_of_length(same, run["values"], of_run))
        place += run["counts"]
    if not hashes:
        return pa.array([], pa.uint64())
    return pa.concat_arrays(hashes).take(pc.sort_indices(order))


def _hash_of_length(texts: pa.Array, length: int, seed: pa.Array | pa.Scalar) -> pa.Array:
    """Of texts that all have this many bytes."""
    start = 0
    if length >= 32:
        sums = [_add(seed, _P1 + _P2), _add(seed, _P2), seed, _add(seed, -_P1)]
        while start + 32 <= length:
            sums = [_round(one, _lane(texts, start + 8 * n, pa.uint64())) for n, one in enumerate(sums)]
            start += 32
        rotated = [_rotate(one, by) for one, by in zip(sums, (1, 7, 12, 18), strict=True)]
        found = pc.add(pc.add(rotated[0], rotated[1]), pc.add(rotated[2], rotated[3]))
        for one in sums:
            found = _add(_multiply(pc.bit_wise_xor(found, _round(_scalar(0), one)), _P1), _P4)
    else:
        found = _add(seed, _P5)
    found = _add(found, length)
    while start + 8 <= length:
        mixed = pc.bit_wise_xor(found, _round(_scalar(0), _lane(texts, start, pa.uint64())))
        found = _add(_multiply(_rotate(mixed, 27), _P1), _P4)
        start += 8
    if start + 4 <= length:
        mixed = pc.bit_wise_xor(found, _multiply(_lane(texts, start, pa.uint32()), _P1))
        found = _add(_multiply(_rotate(mixed, 23), _P2), _P3)
        start += 4
    while start < length:
        mixed = pc.bit_wise_xor(found, _multiply(_lane(texts, start, pa.uint8()), _P5))
        found = _multiply(_rotate(mixed, 11), _P1)
        start += 1
    if isinstance(found, pa.Scalar):  # empty texts under one seed
        found = pa.repeat(found, len(texts))
    return _avalanche(found)


def _hash_of_int(value: int) -> int:
    found = (_SEED + _P5 + 4) & _MASK ^ (value & 0xFFFFFFFF) * _P1 & _MASK
    found = ((found << 23 | found >> 41) & _MASK) * _P2 + _P3 & _MASK
    return int(_avalanche(_scalar(found)).as_py())


def _avalanche(found: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    found = _multiply(pc.bit_wise_xor(found, pc.shift_right(found, _scalar(33))), _P2)
    found = _multiply(pc.bit_wise_xor(found, pc.shift_right(found, _scalar(29))), _P3)
    return pc.bit_wise_xor(found, pc.shift_right(found, _scalar(32)))


def _lane(texts: pa.Array, start: int, kind: pa.DataType) -> pa.Array:
    """Some bytes of each text as a number, the first byte the lowest."""
    cut = pc.binary_slice(texts, start, start + kind.byte_width)
    # Equally long values lie one after the other: the bytes of all are the numbers.
    data, first = cut.buffers()[2], cut.offset
    return pa.Array.from_buffers(kind, len(cut), [None, data], offset=first).cast(pa.uint64())


def _round(total: pa.Array | pa.Scalar, lane: pa.Array | pa.Scalar) -> pa.Array:
    return _multiply(_rotate(pc.add(total, _multiply(lane, _P2)), 31), _P1)


def _rotate(number: pa.Array | pa.Scalar, by: int) -> pa.Array:
    return pc.bit_wise_or(pc.shift_left(number, _scalar(by)), pc.shift_right(number, _scalar(64 - by)))


# Arrow's unchecked arithmetic wraps, as the specification's does.
def _add(number: pa.Array | pa.Scalar, other: int) -> pa.Array:
    return pc.add(number, _scalar(other))


def _multiply(number: pa.Array | pa.Scalar, factor: int) -> pa.Array:
    return pc.multiply(number, _scalar(factor))


def _scalar(number: int) -> pa.Scalar:
    return pa.scalar(number & _MASK, pa.uint64())
