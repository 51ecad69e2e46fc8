"""The bytes of raw files, unpacked where gzip compressed them."""

import gzip
import zlib
from collections.abc import Iterator
from io import BytesIO

from etl_job.lake.files import ObjectStore
from etl_job.reading.other_kinds import OtherKindError, problem_of_text

READ_ERRORS = (OSError, EOFError, zlib.error)


def read_blocks(store: ObjectStore, uri: str, encoding: str, block_bytes: int, first_byte: int = 0) -> Iterator[bytes]:
    """The bytes of a file from one on, some at a time, unpacked if it is packed, member by member as gunzip does.

    Raises:
        OSError, EOFError, zlib.error: the file is packed and damaged.
        OtherKindError: its beginning is not text in the encoding.
    """
    is_packed, is_beginning = uri.endswith(".gz"), not first_byte
    with store.open(uri, first_byte) as raw:
        content = gzip.GzipFile(fileobj=raw) if is_packed else raw
        while block := content.read(block_bytes):
            if is_beginning and (problem := problem_of_text(block, encoding, is_unpacked=is_packed)):
                raise OtherKindError(problem)
            is_beginning = False
            yield block


def unpacked_beginning(head: bytes, most_bytes: int) -> bytes:
    """The unpacked content of a file's first bytes, up to the given number of bytes.

    The file continues after ``head``, so a member that ends in the middle is not an error.

    Raises:
        OSError, zlib.error: gzip did not write this.
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
