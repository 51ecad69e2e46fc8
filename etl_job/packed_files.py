"""Files that gzip compressed, read as gunzip reads them: member after member, padding and empty members left out."""

import gzip
import zlib
from io import BytesIO
from typing import BinaryIO

READ_ERRORS = (OSError, EOFError, zlib.error)
_PIECE_BYTES = 1_000_000


def unpacked_beginning(head: bytes, most_bytes: int) -> bytes:
    """What comes out of a file's first bytes, at most so many bytes.

    The file goes on behind ``head``, so that an end in the midst of a member is none. Raises OSError or zlib.error for
    what gzip did not write.
    """
    found = b""
    with gzip.GzipFile(fileobj=BytesIO(head)) as stream:
        try:
            while len(found) < most_bytes and (piece := stream.read1(most_bytes - len(found))):
                found += piece
        except EOFError:
            pass
        except READ_ERRORS:
            if not found:
                raise
    return found


def is_damaged(packed: BinaryIO) -> bool:
    """Whether a file cannot be unpacked to its end; reads it to there."""
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            while stream.read(_PIECE_BYTES):
                pass
    except READ_ERRORS:
        return True
    return False
