"""Bytes in the contract's encoding as UTF-8. Undecodable bytes become U+FFFD after a mark that distinguishes them."""

import codecs
import secrets
from collections.abc import Iterator
from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

UTF_8, UTF_16 = "UTF-8", "UTF-16"
BYTE_ORDER_MARK = "\ufeff".encode()
_CODECS = {UTF_8: "utf-8", "ISO-8859-1": "latin-1", "windows-1252": "cp1252", UTF_16: "utf-16"}
# Characters without meaning, in an order that texts have only by chance.
_MARK = "".join(chr(0xFDD0 + number % 32) for number in secrets.token_bytes(4))
_HANDLER = "quartal-mark"


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return f"{_MARK}\ufffd", error.end


codecs.register_error(_HANDLER, _mark)


def decode_chunk(chunk: bytes, encoding: str) -> tuple[bytes, bool]:
    """The chunk as UTF-8, and whether marks are in it, which ``without_marks`` takes out."""
    if encoding == UTF_8:
        try:
            chunk.decode()
        except UnicodeDecodeError:
            pass
        else:
            return chunk, False
    content = chunk.decode(_CODECS[encoding], _HANDLER).encode()
    return content, _MARK.encode() in content


def has_mark(content: bytes) -> bool:
    """Whether there are marks in what ``to_utf_8`` returned."""
    return _MARK.encode() in content


def are_marked(texts: pa.StringArray) -> pa.BooleanArray:
    """Whether there is something in a text that was none."""
    return pc.match_substring(texts, _MARK)


def without_marks(texts: pa.StringArray) -> pa.StringArray:
    """The texts as they are to be read."""
    return pc.replace_substring(texts, _MARK, "")


def to_utf_8(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The blocks of a file from its beginning on as UTF-8, without a byte order mark; some may be empty."""
    decoder, beginning = codecs.getincrementaldecoder(_CODECS[encoding])(_HANDLER), b""
    if encoding != UTF_16:  # whose decoder takes the mark away
        while len(beginning) < len(BYTE_ORDER_MARK) and (block := next(blocks, b"")):
            beginning += block
    for block in chain([beginning.removeprefix(BYTE_ORDER_MARK)], blocks):
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", True).encode()
