"""Files that gzip compressed, read as gunzip reads them: member after member, padding and empty members left out."""

import gzip
import zlib
from io import BytesIO
from typing import BinaryIO

DAMAGED = "it is damaged, or its end is missing: deliver it again"
PADDED = "zeros follow its end, as tapes and block devices leave them: unpack it, pack it anew, and deliver it again"
READ_ERRORS = (OSError, EOFError, zlib.error)
_PIECE_BYTES = 1_000_000
_GZIP = 31  # zlib's word for its format


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


def why_unread(packed: BinaryIO) -> str | None:
    """Why Spark cannot unpack a file to its end, if it cannot; reads it to there."""
    member, is_inside, has_ended = zlib.decompressobj(wbits=_GZIP), False, False
    try:
        while piece := packed.read(_PIECE_BYTES):
            while piece:
                if has_ended and not is_inside and piece.startswith(b"\0"):
                    return PADDED
                is_inside = True
                member.decompress(piece, _PIECE_BYTES)
                piece = member.unconsumed_tail
                if member.eof:
                    piece, member = member.unused_data, zlib.decompressobj(wbits=_GZIP)
                    is_inside, has_ended = False, True
        while is_inside and member.decompress(b"", _PIECE_BYTES):
            pass  # what it still held
    except zlib.error:
        return DAMAGED
    is_whole = member.eof if is_inside else has_ended
    return None if is_whole else DAMAGED
