"""What a process reuses between runs, none of which is tested: clients, readers of Avro files, signatures."""

from __future__ import annotations

import http.client
import pickle
from typing import Any, BinaryIO

from botocore.signers import RequestSigner
from botocore.useragent import UserAgentString
from moto.core import responses as moto_responses
from pyiceberg.avro import file as avro_file
from pyiceberg.avro.file import AvroFileHeader
from pyiceberg.table.metadata import TableMetadataV2

from quartal.core.aws import AwsConnection


class KeptClients(AwsConnection):
    """A connection that creates each kind of client once. All connections of the process must be the same."""

    def glue(self) -> Any:
        return _kept(super().glue)

    def glue_once(self) -> Any:
        return _kept(super().glue_once)

    def s3(self) -> Any:
        return _kept(super().s3)

    def s3_once(self) -> Any:
        return _kept(super().s3_once)

    def sts(self) -> Any:
        return _kept(super().sts)


_CLIENTS: dict[str, Any] = {}


def _kept(make: Any) -> Any:
    name = make.__name__
    if name not in _CLIENTS:
        _CLIENTS[name] = make()
    return _CLIENTS[name]


def keep_avro_readers() -> None:
    """Reuse PyIceberg's schema and reader of manifests; creating them again takes a third of a run's time."""
    get_schema, resolve = AvroFileHeader.get_schema, avro_file.resolve_reader
    schemas: dict[str, Any] = {}
    readers: dict[tuple[Any, ...], Any] = {}

    def kept_schema(header: AvroFileHeader) -> Any:
        text = header.meta["avro.schema"]
        if text not in schemas:
            schemas[text] = get_schema(header)
        return schemas[text]

    def kept_reader(file_schema: Any, read_schema: Any, read_types: Any, read_enums: Any) -> Any:
        key = (id(file_schema), id(read_schema), tuple(read_types.items()), tuple(read_enums.items()))
        if key not in readers:  # the schemas are kept with it, so that their ids are not reused
            readers[key] = (resolve(file_schema, read_schema, read_types, read_enums), file_schema, read_schema)
        return readers[key][0]

    AvroFileHeader.get_schema = kept_schema  # type: ignore[method-assign]
    avro_file.resolve_reader = kept_reader  # type: ignore[assignment]


def copy_quickly() -> None:
    """Copy table metadata by pickle for each change of a commit, in a third of PyIceberg's time."""

    def copied(metadata: TableMetadataV2, memo: object = None) -> TableMetadataV2:
        return pickle.loads(pickle.dumps(metadata, pickle.HIGHEST_PROTOCOL))  # type: ignore[no-any-return]  # noqa: S301

    TableMetadataV2.__deepcopy__ = copied  # type: ignore[method-assign, assignment]
    UserAgentString.to_string = lambda _: "quartal-faults"  # type: ignore[method-assign]


def talk_quickly() -> None:
    """Reuse signatures, do not generate response ids, and parse headers as plain lines."""
    RequestSigner.handler = _sign  # type: ignore[method-assign]
    moto_responses.gen_amzn_requestid_long = _name_answer  # type: ignore[assignment]
    http.client.parse_headers = _read_headers  # type: ignore[assignment]


def _sign(self: RequestSigner, operation_name: Any = None, request: Any = None, **_: Any) -> None:
    credential = f"test/20240101/{self._region_name}/{self._service_id.hyphenize()}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"


def _name_answer(headers: dict[str, str] | None = None) -> str:
    if headers is not None:
        headers["x-amzn-requestid"] = "0" * 52
    return "0" * 52


def _read_headers(lines: BinaryIO, _class: type[http.client.HTTPMessage] = http.client.HTTPMessage) -> Any:
    found = _class()
    while (line := lines.readline(65537)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("iso-8859-1").partition(":")
        found[name] = value.strip()
    return found
