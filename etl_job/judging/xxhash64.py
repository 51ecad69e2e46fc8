"""The hash that Spark's function ``xxhash64`` returns, for whole Arrow columns of texts.

XXH64 as its author specifies it (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). For several columns,
Spark uses the hash of one as the seed of the next, starting with 42. All texts go through the same steps for as long as
they have bytes left, so a step is one Arrow kernel over many texts: about 60 ns a text, compared with 600 ns for one
call per text.
"""

from collections.abc import Sequence
from itertools import groupby
from struct import iter_unpack

import pyarrow as pa
import pyarrow.compute as pc

_SEED = 42  # Spark's
_MASK = 2**64 - 1
_WORTH_A_KERNEL = 30  # texts
_P1, _P2, _P3, _P4, _P5 = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def hash_columns(columns: Sequence[pa.Array], salts: Sequence[int | None] = (None,)) -> list[pa.Array]:
    """For each salt, Spark's ``xxhash64(salt, *columns)`` as int64, one for each row; for None, of the columns alone.

    ``columns`` are one or more string arrays of the same length without nulls; a salt is an int, like a literal in
    SQL.
    """
    seeds: list[pa.Array | pa.Scalar] = [_scalar(_SEED if salt is None else _hash_of_int(salt)) for salt in salts]
    for column in columns:
        seeds = _hash_texts(column, seeds)
    return [seed.view(pa.int64()) for seed in seeds]


def _hash_texts(texts: pa.Array, seeds: Sequence[pa.Array | pa.Scalar]) -> list[pa.Array]:
    """The hashes by each of the seeds; what hashing looks for in the texts is looked for once."""
    lengths = pc.binary_length(texts)
    stripes, rests = pc.shift_right(lengths, 5), pc.bit_wise_and(lengths, 31)
    most = pc.max(stripes).as_py() or 0
    # By what is left behind stripes of 32 bytes; within that, those of the most stripes first.
    kinds = pc.add(pc.multiply(rests, most + 1), pc.subtract(most, stripes))
    order = pc.sort_indices(kinds)
    ordered = texts.cast(pa.binary()).take(order)
    runs = [(divmod(run["values"], most + 1), run["counts"]) for run in pc.value_counts(kinds.take(order)).to_pylist()]
    by_rest = [
        (rest, [(most - fewer, count) for (_, fewer), count in alike])
        for rest, alike in groupby(runs, lambda run: run[0][0])
    ]
    found = []
    for seed in seeds:
        of_texts = seed.take(order) if isinstance(seed, pa.Array) else pa.repeat(seed, len(texts))
        hashes, place = [pa.array([], pa.uint64())], 0
        for rest, counts in by_rest:
            size = sum(count for _, count in counts)
            hashes.append(_hash_of_rest(ordered.slice(place, size), of_texts.slice(place, size), rest, counts))
            place += size
        found.append(pc.scatter(pa.concat_arrays(hashes), order.view(pa.int64())))
    return found


def _hash_of_rest(texts: pa.Array, seeds: pa.Array, rest: int, counts: Sequence[tuple[int, int]]) -> pa.Array:
    """Hash texts that have the same number of bytes after their stripes. ``counts`` has the number of texts by stripes.

    Texts with the most stripes come first.
    """
    found = pc.add(_after_stripes(texts, seeds, counts), pc.binary_length(texts).cast(pa.uint64()))
    start = -rest
    while start <= -8:
        mixed = pc.bit_wise_xor(found, _round(_scalar(0), _lane(texts, start, pa.uint64())))
        found = _add(_multiply(_rotate(mixed, 27), _P1), _P4)
        start += 8
    if start <= -4:
        mixed = pc.bit_wise_xor(found, _multiply(_lane(texts, start, pa.uint32()), _P1))
        found = _add(_multiply(_rotate(mixed, 23), _P2), _P3)
        start += 4
    while start < 0:
        mixed = pc.bit_wise_xor(found, _multiply(_lane(texts, start, pa.uint8()), _P5))
        found = _multiply(_rotate(mixed, 11), _P1)
        start += 1
    return _avalanche(found)


def _after_stripes(texts: pa.Array, seeds: pa.Array, counts: Sequence[tuple[int, int]]) -> pa.Array:
    sums = [_add(seeds, _P1 + _P2), _add(seeds, _P2), seeds, _add(seeds, -_P1)]
    done: list[pa.Array] = []
    step, going_on = 0, len(texts)
    for stripes, count in reversed(counts):
        rounds = _rounds_one_by_one if going_on < _WORTH_A_KERNEL else _rounds_together
        sums = rounds(texts.slice(0, going_on), sums, step, stripes)
        step, going_on = stripes, going_on - count
        ended = [one.slice(going_on) for one in sums]
        done.append(_together(ended) if stripes else _add(seeds.slice(going_on), _P5))
        seeds, sums = seeds.slice(0, going_on), [one.slice(0, going_on) for one in sums]
    return pa.concat_arrays(done[::-1])


def _rounds_together(texts: pa.Array, sums: list[pa.Array], first: int, last: int) -> list[pa.Array]:
    for start in range(first * 32, last * 32, 32):
        sums = [_round(one, _lane(texts, start + 8 * n, pa.uint64())) for n, one in enumerate(sums)]
    return sums


def _rounds_one_by_one(texts: pa.Array, sums: list[pa.Array], first: int, last: int) -> list[pa.Array]:
    """The same a text at a time: a kernel takes longer to call than Python to work on so little."""
    found = []
    own = zip(*(one.to_pylist() for one in sums), strict=True)
    for text, (a, b, c, d) in zip(pc.binary_slice(texts, first * 32, last * 32).to_pylist(), own, strict=True):
        for w, x, y, z in iter_unpack("<4Q", text):
            a, b, c, d = (a + w * _P2) & _MASK, (b + x * _P2) & _MASK, (c + y * _P2) & _MASK, (d + z * _P2) & _MASK
            a, b = (a << 31 | a >> 33) * _P1 & _MASK, (b << 31 | b >> 33) * _P1 & _MASK
            c, d = (c << 31 | c >> 33) * _P1 & _MASK, (d << 31 | d >> 33) * _P1 & _MASK
        found.append((a, b, c, d))
    return [pa.array(column, pa.uint64()) for column in zip(*found, strict=True)]


def _together(sums: list[pa.Array]) -> pa.Array:
    rotated = [_rotate(one, by) for one, by in zip(sums, (1, 7, 12, 18), strict=True)]
    found = pc.add(pc.add(rotated[0], rotated[1]), pc.add(rotated[2], rotated[3]))
    for one in sums:
        found = _add(_multiply(pc.bit_wise_xor(found, _round(_scalar(0), one)), _P1), _P4)
    return found


def _hash_of_int(value: int) -> int:
    found = (_SEED + _P5 + 4) & _MASK ^ (value & 0xFFFFFFFF) * _P1 & _MASK
    found = ((found << 23 | found >> 41) & _MASK) * _P2 + _P3 & _MASK
    return int(_avalanche(_scalar(found)).as_py())


def _avalanche(found: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    found = _multiply(pc.bit_wise_xor(found, pc.shift_right(found, _scalar(33))), _P2)
    found = _multiply(pc.bit_wise_xor(found, pc.shift_right(found, _scalar(29))), _P3)
    return pc.bit_wise_xor(found, pc.shift_right(found, _scalar(32)))


def _lane(texts: pa.Array, start: int, kind: pa.DataType) -> pa.Array:
    """Some bytes of each text as a number, the first byte the lowest; ``start`` may count from the end."""
    cut = pc.binary_slice(texts, start, start + kind.byte_width or None)
    # Values of equal length are contiguous, so their bytes can be read as numbers.
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
