"""Formats that AWS's crawlers know and this service does not crawl: they are recognised, to be skipped by name.

AWS asks for them before CSV, so none of them may count as CSV, which XML and log files often could. The order and the
formats are in the Developer Guide (add-classifier), the patterns of logs follow its grok patterns (custom-classifier).
"""

import re
from collections.abc import Callable

from localstack_glue.crawlers.crawling.sampling import Sample

END_BYTES = 64 * 1024 + 22  # in which a ZIP archive has its directory's end
_ZIP_END = b"PK\x05\x06"
_COMPRESSIONS = {
    b"\x04\x22\x4d\x18": "compressed by LZ4",
    b"\xff\x06\x00\x00sNaPpY": "compressed by Snappy",
}
_COMPRESSION_SUFFIXES = {".lz4": "compressed by LZ4", ".snappy": "compressed by Snappy"}
_FORMATS = {b"Obj\x01": "Avro", b"\xe0\x01\x00\xea": "Amazon Ion"}
_TAG = re.compile(r"<(?:[?!]|[A-Za-z_][\w.:-]*[\s/>])")
_LOGS = {
    "an Apache log": r"\S+ \S+ \S+ \[\d{1,2}/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \"",
    "a Ruby log": r"[A-Z], \[\d{4}-\d\d-\d\dT\S+ #\d+\]\s+\w+ -- ",
    "a Squid log": r"\d{9,10}\.\d{3}\s+-?\d+ \S+ [A-Z_]+/\d{3} \d+ \w+ ",
    "a Linux kernel log": r"(?:\w{3}\s+\d+ \d\d:\d\d:\d\d \S+ kernel: )?\[\s*\d+\.\d{6}\] ",
    "a Redis log": r"(?:\d+:[XCSM]|\[\d+\]) \d{2} \w{3} (?:\d{4} )?\d\d:\d\d:\d\d\.\d{3} [.*#-] ",
    "a Redis monitor log": r"\d{10}\.\d{6} \[\d+ \S+\] \"",
    "a Microsoft log": r"#Software: Microsoft ",
}
_LOG_PATTERNS = {name: re.compile(pattern) for name, pattern in _LOGS.items()}


class UnsupportedFormatError(ValueError):
    """The file has a format of which AWS makes a table and this service does not."""

    def __init__(self, name: str) -> None:
        super().__init__(f"it is {name}, which glue-local does not crawl; AWS makes a table of it")


def check_bytes(key: str, sample: Sample, end: Callable[[], bytes]) -> None:
    """Look for formats that are not text.

    Args:
        key: the object's key, whose suffix shows some compressions.
        sample: the file's beginning.
        end: gets the file's last bytes.

    Raises:
        UnsupportedFormatError: it is one of them.
    """
    data = sample.data
    for known in (_COMPRESSIONS, _FORMATS):
        for magic, name in known.items():
            if data.startswith(magic):
                raise UnsupportedFormatError(name)
    suffix = key[key.rfind(".") :].lower() if "." in key else ""
    if suffix in _COMPRESSION_SUFFIXES:
        raise UnsupportedFormatError(_COMPRESSION_SUFFIXES[suffix])
    if data.startswith(b"ORC") and end()[-4:-1] == b"ORC":
        raise UnsupportedFormatError("ORC")
    if data.startswith(b"PK\x03\x04") and _entries_of_zip(end()) == 1:  # AWS reads archives of one file alone
        raise UnsupportedFormatError("compressed by ZIP")
    if _is_bson(data):
        raise UnsupportedFormatError("BSON")


def check_text(sample: Sample) -> None:
    """Look for formats that are text, and that CSV's rules could fit too.

    Raises:
        UnsupportedFormatError: it is one of them.
    """
    text = sample.text.lstrip()
    if _TAG.match(text) and (not sample.is_whole or text.rstrip().endswith(">")):
        raise UnsupportedFormatError("XML")
    for name, pattern in _LOG_PATTERNS.items():
        if pattern.match(text):
            raise UnsupportedFormatError(name)


def _entries_of_zip(end: bytes) -> int | None:
    position = end.rfind(_ZIP_END)
    return int.from_bytes(end[position + 10 : position + 12], "little") if position >= 0 else None


def _is_bson(data: bytes) -> bool:
    """Whether the first document says its length, has an element of a known type, and ends as it should."""
    length = int.from_bytes(data[:4], "little")
    is_typed = len(data) > 5 and (1 <= data[4] <= 0x13 or data[4] in (0x7F, 0xFF))
    return is_typed and 8 <= length <= len(data) and data[length - 1] == 0 and b"\x00" in data[5:length]
