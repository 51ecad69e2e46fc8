"""The bytes of raw files, unpacked where gzip compressed them."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, cast

from etl_job.lake.files import ObjectStore
from etl_job.reading.other_kinds import refusing_other_kinds

READ_ERRORS = (OSError, EOFError, zlib.error)


@contextmanager
def unpacked(store: ObjectStore, uri: str, encoding: str, first_byte: int = 0) -> Iterator[BinaryIO]:
    """The bytes of a file from one on, unpacked if it is packed, member by member as gunzip does.

    Reading raises OSError, EOFError or zlib.error for a packed file that is damaged, and OtherKindError for a beginning
    that is not text in the encoding.
    """
    with store.open(uri, first_byte) as raw:
        if uri.endswith(".gz"):
            with gzip.GzipFile(fileobj=raw) as content:
                yield refusing_other_kinds(cast(BinaryIO, content), encoding, is_unpacked=True)
        else:
            yield raw if first_byte else refusing_other_kinds(raw, encoding)


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
