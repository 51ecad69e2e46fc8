"""Files that gzip compressed, read as gunzip reads them: member after member, padding and empty members left out."""

import gzip
import zlib
from io import BytesIO

READ_ERRORS = (OSError, EOFError, zlib.error)


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
