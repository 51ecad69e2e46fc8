"""What a process reuses between runs, none of which is tested: readers of Avro files, endpoints, signatures."""

from __future__ import annotations

import http.client
import pickle
from collections.abc import Callable
from functools import lru_cache
from typing import Any, BinaryIO

from botocore import parsers
from botocore.regions import EndpointRulesetResolver
from botocore.signers import RequestSigner
from botocore.useragent import UserAgentString
from moto.core import responses as moto_responses
from pyiceberg.avro import file as avro_file
from pyiceberg.avro.file import AvroFileHeader
from pyiceberg.table.metadata import TableMetadataV2


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
    """Reuse signatures, endpoints and parsed times, do not generate response ids, parse headers as plain lines."""
    RequestSigner.handler = _sign  # type: ignore[method-assign]
    EndpointRulesetResolver.construct_endpoint = _endpoint_kept(EndpointRulesetResolver.construct_endpoint)
    parsers.DEFAULT_TIMESTAMP_PARSER = lru_cache(parsers.DEFAULT_TIMESTAMP_PARSER)
    moto_responses.gen_amzn_requestid_long = name_answers  # type: ignore[assignment]
    http.client.parse_headers = _read_headers  # type: ignore[assignment]


def _sign(self: RequestSigner, operation_name: Any = None, request: Any = None, **_: Any) -> None:
    credential = f"test/20240101/{self._region_name}/{self._service_id.hyphenize()}/aws4_request"
    request.headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"


def _endpoint_kept(construct: Callable[..., Any]) -> Callable[..., Any]:
    """Of an operation's calls on a bucket: its rules regard nothing else that runs pass."""
    kept: dict[tuple[Any, ...], Any] = {}

    def construct_once(self: Any, operation_model: Any, call_args: Any, request_context: Any) -> Any:
        key = (self, operation_model.name, (call_args or {}).get("Bucket"))
        if key not in kept:
            kept[key] = construct(self, operation_model, call_args, request_context)
        return kept[key]

    return construct_once


def name_answers(headers: dict[str, str] | None = None) -> str:
    """Give each of moto's answers the same name, which takes time to draw."""
    if headers is not None:
        headers["x-amzn-requestid"] = "0" * 52
    return "0" * 52


def _read_headers(lines: BinaryIO, _class: type[http.client.HTTPMessage] = http.client.HTTPMessage) -> Any:
    found = _class()
    while (line := lines.readline(65537)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("iso-8859-1").partition(":")
        found[name] = value.strip()
    return found
