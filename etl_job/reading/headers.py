"""How files name their columns, found out before any of their rows is read."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from etl_job.contract.file_formats import FileFormat
from etl_job.contract.model import Contract
from etl_job.errors import InputError
from etl_job.findings.wording import some
from etl_job.lake.files import ObjectStore
from etl_job.reading.batches import Header
from etl_job.reading.csv_record_parser import RecordParser
from etl_job.reading.decoding import BYTE_ORDER_MARK, UTF_16, decode_chunk, without_marks
from etl_job.reading.other_kinds import MARKS_OF_UTF_16, problem_of_text
from etl_job.reading.parquet_columns import parquet_columns
from etl_job.reading.record_boundaries import records_across_lines, records_in_lines
from etl_job.reading.unpacking import READ_ERRORS, unpacked_beginning

HEAD_BYTES = 64 * 1024
_MOST_NAMED = 20  # files, in a message
_READERS = 16  # requests at a time; each takes a round trip and hardly any work


def read_headers(store: ObjectStore, contract: Contract, uris: Sequence[str]) -> dict[str, Header]:
    """The header of every file.

    Files without one have the contract's columns, in its order, whatever names a crawler gave them.

    Raises:
        InputError: files lack a required column, or cannot be read; it names all of them.
    """
    has_none = contract.files.format is FileFormat.JSON_LINES or (
        contract.files.format is FileFormat.CSV and not contract.csv.header
    )
    if has_none and contract.csv.encoding != UTF_16:
        return dict.fromkeys(uris, Header("", tuple(column.name for column in contract.columns)))
    found, refused = dict[str, Header](), dict[str, InputError]()
    with ThreadPoolExecutor(_READERS) as readers:
        pending = {uri: readers.submit(_read_header, store, contract, uri) for uri in uris}
    for uri, header in pending.items():
        try:
            found[uri] = header.result()
        except InputError as error:
            refused[uri] = error
    if refused:
        first, *others = refused
        if not others:
            raise refused[first]
        named = some(others, _MOST_NAMED)
        raise InputError(f"{refused[first]}. Nor can {named} be read as they are") from refused[first]
    return found


def _read_header(store: ObjectStore, contract: Contract, uri: str) -> Header:
    if contract.files.format is FileFormat.PARQUET:
        return parquet_columns(store, uri, contract)
    return parse_header(store.read(uri, HEAD_BYTES), uri, contract)


def parse_header(head: bytes, uri: str, contract: Contract) -> Header:
    """Read the header from a file's first bytes; without one the columns are the contract's.

    Raises:
        InputError: a required column is missing, a column occurs twice, the header does not end, or the file cannot be
            unpacked or decoded, or is of another kind.
    """
    form, is_cut, is_packed = contract.csv, len(head) >= HEAD_BYTES, uri.endswith(".gz")
    if is_packed:
        try:
            head = unpacked_beginning(head, HEAD_BYTES)
            is_cut = is_cut or len(head) >= HEAD_BYTES
        except READ_ERRORS as error:
            raise InputError(
                f"{uri} cannot be unpacked ({error}): it is not a gzip file, or it is damaged. Deliver it again; "
                "nothing was written"
            ) from error
    if problem := problem_of_text(head, form.encoding, is_unpacked=is_packed):
        raise InputError(f"{uri} {problem}; nothing was written")
    if form.encoding == UTF_16 and not head.startswith(MARKS_OF_UTF_16) and (head or form.header):
        raise InputError(
            f"{uri} does not begin with a byte order mark, which UTF-16 files need. Write it with the mark, or correct "
            "csv.encoding; nothing was written"
        )
    if not form.header:
        return Header("", tuple(column.name for column in contract.columns))
    content, _ = decode_chunk(head.removeprefix(BYTE_ORDER_MARK), form.encoding)
    parser = RecordParser(form)
    if form.multi_line:
        records = records_across_lines(content, parser, len(content), is_last=True)
    else:
        records = records_in_lines(content, parser)
    whole = without_marks(records.texts.slice(0, 1))[0].as_py() if len(records.ends) else ""
    line = whole.rstrip("\r\n")
    named = tuple(name.strip() for name in parser.cells(line))
    missing = [c.name_in_file for c in contract.columns if c.required and c.name_in_file not in named]
    if missing:
        raise InputError(
            f"{uri} lacks the required column {', '.join(missing)}; its header is {line[:200]!r}. "
            "Correct the file or the contract; nothing was written"
        )
    if is_cut and line == whole:
        raise InputError(
            f"{uri} has a header longer than {HEAD_BYTES // 1024} KB, the most that the job reads: give the columns "
            "shorter names, or leave out those that the contract does not have; nothing was written"
        )
    twice = [c.name_in_file for c in contract.columns if named.count(c.name_in_file) > 1]
    if twice:
        raise InputError(
            f"{uri} has the column {', '.join(twice)} twice; its header is {line[:200]!r}. Correct the file; nothing "
            "was written"
        )
    known = {column.name_in_file: column.name for column in contract.columns}
    others = {name.lower(): name for name in named if name not in known}
    for expected in sorted(known.keys() - set(named)):
        if expected.lower() in others:  # its values would silently count as missing
            raise InputError(
                f"{uri} has the column {others[expected.lower()]}, but the contract names it {expected}: names in CSV "
                "are case-sensitive. Correct the file, or set the column's physicalName in the contract; nothing was "
                "written"
            )
    # From here on columns have the contract's names; one that it calls otherwise must not pass for another.
    taken = set(known.values())
    return Header(line, tuple(known.get(name, f"?{name}" if name in taken else name) for name in named))
