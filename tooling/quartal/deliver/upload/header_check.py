"""Check the beginning of files against the contract before anything is sent: the job would refuse the whole run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from quartal.contracts.lookup import find_contract
from quartal.contracts.model import Contract, FileFormat
from quartal.contracts.other_kinds import problem_of_text
from quartal.core.errors import UploadError
from quartal.deliver.upload.destinations import UploadItem, is_gzip
from quartal.deliver.upload.job_files import READ_ERRORS, unpacked_beginning

_HEAD_BYTES = 64 * 1024  # as much as the job reads for it
_SHOWN = 5
_LINE_END = re.compile(rb"\r\n|\r|\n")  # as the job splits lines
# suffixes that Spark unpacks by name; the job's own readers support only gzip of these
_UNREAD_SUFFIXES = (".bz2", ".deflate", ".lz4", ".snappy", ".zst")
_LONGEST_LETTER = 4  # bytes, of which the last ones may be beyond what was read
_BEGINNING = "(file)"  # in the job's messages, in place of a name
_ENDING = re.compile(r"(?:[.] (?:Correct|Deliver|Write) [^.]*)?; nothing was written$")


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """The rule for the beginning of files by a contract, as the job applies it; problems are in terms of the file."""

    contract: Contract
    _good: set[bytes] = field(default_factory=set, compare=False, repr=False)  # first lines that were read already

    @classmethod
    def of_dataset(cls, contracts: Path, dataset: str) -> HeaderRule:
        """The rule in the dataset's contract.

        Raises:
            ConfigurationError: no contract in the folder is about the dataset, or the job would refuse it.
        """
        return cls(find_contract(contracts, dataset))

    @property
    def format(self) -> FileFormat:
        """The format of the files."""
        return self.contract.files.format

    def find_problem(self, head: bytes) -> str | None:
        """The problem of a file with this beginning; None if there is none."""
        if self.format is FileFormat.PARQUET:
            return None if head.startswith(b"PAR1") else "is not Parquet, but the contract expects Parquet"
        encoding = self.contract.csv.encoding
        if (problem := problem_of_text(head, encoding)) is not None:
            return problem
        if self.format is FileFormat.JSON_LINES:
            return self._unreadable(head) or _problem_of_json(head)
        if not self.contract.csv.header and encoding != "UTF-16":
            return self._unreadable(head)
        line = self._line_by_itself(head)
        if line is not None and line in self._good:
            return None
        # importing Arrow takes half a second, which a wrong name or kind of file does not need
        from quartal.contracts.row_judge import InputError, parse_header

        try:
            parse_header(head, _BEGINNING, self.contract)
        except InputError as error:
            return self._unreadable(head) or f"line 1 {_in_upload(error)}"
        if line is not None:
            self._good.add(line)
        return None

    def _line_by_itself(self, head: bytes) -> bytes | None:
        """The first line, if it alone decides, so that many files with the same header are checked as fast as one."""
        form = self.contract.csv
        end = _LINE_END.search(head)
        if end is None or form.encoding == "UTF-16" or form.quote_symbol.encode() in head[: end.start()]:
            return None
        return head[: end.start()]

    def _unreadable(self, head: bytes) -> str | None:
        """Why the first line is not text."""
        encoding = self.contract.csv.encoding
        if encoding == "UTF-16":
            return None
        end = _LINE_END.search(head)  # in the other encodings that a contract may name, these are single bytes
        line = (head[: end.start()] if end else head).decode(encoding, errors="surrogateescape")
        if "\0" in line:
            return f"line 1 holds NUL bytes: this is no {encoding} text"
        wrong = re.search("[\udc80-\udcff]", line)
        if wrong is None or (not end and len(head) == _HEAD_BYTES and len(line) - wrong.start() < _LONGEST_LETTER):
            return None
        return f"line 1 is not {encoding} (byte {ord(wrong[0]) - 0xDC00:#04x})"

    def problem_of_file(self, path: Path, *, is_packed: bool) -> str | None:
        """The problem of a file; None if there is none, or if the file is empty.

        Raises:
            OSError: it cannot be read or unpacked.
            zlib.error: it cannot be unpacked.
        """
        head = _head(path, is_packed=is_packed)
        problem = self.find_problem(head) if head else self._problem_of_nothing()
        if problem is None and self.format is FileFormat.PARQUET:
            return self._problem_of_parquet(path)
        return problem

    def _problem_of_nothing(self) -> str | None:
        if self.format is FileFormat.CSV and self.contract.csv.header:
            return "is empty: it has no header"
        return "is empty: it is no Parquet" if self.format is FileFormat.PARQUET else None

    def _problem_of_parquet(self, path: Path) -> str | None:
        # importing Arrow takes half a second and 40 MB, which only Parquet needs
        from quartal.contracts.row_judge import InputError, LocalObjectStore, parquet_columns

        try:
            parquet_columns(LocalObjectStore(), str(path), self.contract)
        except InputError as error:
            return _in_upload(error, str(path))
        return None


def _problem_of_json(head: bytes) -> str | None:
    line = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].decode(errors="replace").strip()
    return None if not line or line.startswith("{") else f"line 1 is no JSON object: {line[:120]!r}"


def _in_upload(error: Exception, uri: str = _BEGINNING) -> str:
    """The job's message about a file, without the file's name and the run's outcome."""
    text = str(error)
    for prefix in (f"{uri}: ", f"{uri} "):
        text = text.removeprefix(prefix)
    return _ENDING.sub("", text)


def check_headers(items: tuple[UploadItem, ...], rule: HeaderRule) -> None:
    """Look at the beginning of every file.

    Raises:
        UploadError: some do not fit; nothing was sent.
    """
    problems: list[str] = []
    for item in items:
        try:
            problem = rule.problem_of_file(item.path, is_packed=is_gzip(item.key) and not item.compress)
        except READ_ERRORS as error:
            problems.append(f"{item.path}: cannot be read: {error}")
            continue
        suffix = PurePosixPath(item.key).suffix
        if problem is None and suffix in _UNREAD_SUFFIXES and rule.format is not FileFormat.PARQUET:
            problem = (
                f"would be unpacked by Spark for its name's sake, since it ends in {suffix}: use gzip, or rename it"
            )
        if problem is not None:
            problems.append(f"{item.path}: {problem}")
    if problems:
        more = (f"... and {len(problems) - _SHOWN} more",) if len(problems) > _SHOWN else ()
        raise UploadError(
            f"{problems[0]}. Nothing was uploaded.",
            remedy="Correct the files, or the contract in data/contracts if the feed has changed.",
            details=(*problems[1:_SHOWN], *more),
        )


def _head(path: Path, *, is_packed: bool) -> bytes:
    with path.open("rb", buffering=0) as file:
        head = file.read(_HEAD_BYTES) or b""
    return unpacked_beginning(head, _HEAD_BYTES) if is_packed else head
