"""The location of a query's results: in S3, or with Athena itself if the workgroup manages them."""

import json
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from localstack_glue.athena.denials import is_denial
from localstack_glue.athena.engine import results
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.results import Answer
from localstack_glue.athena.engine.statement_kinds import substatement_type
from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.athena.models import QueryExecution
from localstack_glue.service.models import JsonDict

_WRITES_FILES = ("INSERT", "UNLOAD")


def keep(s3: Any, execution: QueryExecution, answer: Answer) -> None:
    """Store an answer.

    Raises:
        QueryFailedError: its place cannot be written to.
    """
    body = results.write_csv(answer.columns, answer.rows) if answer.has_header else results.write_text(answer.rows)
    if execution.is_managed:
        execution.kept_results = body
        return
    bucket, key = _bucket_and_key(execution.output_location)
    options: JsonDict = {"ContentType": "application/octet-stream", **encryption(execution)}
    if acl := execution.result_options.get("AclConfiguration"):
        options["ACL"] = acl["S3AclOption"].lower().replace("_", "-")
    if owner := execution.result_options.get("ExpectedBucketOwner"):
        options["ExpectedBucketOwner"] = owner
    objects = {f"{key}.metadata": _metadata(answer)}
    if answer.update_count is None:
        objects[key] = body
    if answer.manifest is not None:
        lines = "".join(f"{each}\n" for each in answer.manifest)
        objects[_manifest_key(key)] = lines.encode()
    try:
        for name, content in objects.items():
            s3.put_object(Bucket=bucket, Key=name, Body=content, **options)
    except ClientError as error:
        place = execution.output_location
        if is_denial(error):
            raise QueryFailedError(
                "PERMISSION_DENIED",
                f"Access denied when writing output to url: {place} . Please ensure you are allowed to access the S3 "
                "bucket. If you are encrypting query results with KMS key, please ensure you are allowed to access "
                f"your KMS key ({error.response['Error']['Message']})",
            ) from error
        raise QueryFailedError("UNABLE_TO_WRITE_RESULTS", f"{place}: {error.response['Error']['Code']}") from error


def encryption(execution: QueryExecution) -> JsonDict:
    """How S3 encrypts what a query writes, as PutObject takes it."""
    configured = execution.result_options.get("EncryptionConfiguration") or {}
    if configured.get("EncryptionOption") == "SSE_KMS":
        key = {"SSEKMSKeyId": configured["KmsKey"]} if configured.get("KmsKey") else {}
        return {"ServerSideEncryption": "aws:kms", **key}
    return {"ServerSideEncryption": "AES256"} if configured.get("EncryptionOption") == "SSE_S3" else {}


def read(s3: Any, execution: QueryExecution) -> list[list[str | None]]:
    """The rows of a query that succeeded, the header first.

    Raises:
        InvalidRequestException: they have been deleted.
    """
    content = execution.kept_results
    if not execution.is_managed:
        bucket, key = _bucket_and_key(execution.output_location)
        try:
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise InvalidRequestException(
                f"Could not find results: {execution.output_location} ({code})", "RESULT_NOT_FOUND"
            ) from error
    if execution.has_header:
        return results.read_csv(content)
    # a row of properties has two values, any other row one, in which there may be tabs
    is_pairs = substatement_type(execution.sql) == "SHOW_TABLE_PROPERTIES"
    return results.read_text(content, whole_lines=not is_pairs)


def place(location: str, query_id: str, sql: str, kind: str) -> str:
    """The object that a query's results become; a statement that writes leaves none, but others by that name."""
    statement = substatement_type(sql)
    if statement == "CREATE_TABLE_AS_SELECT":
        return f"{location}tables/{query_id}"
    if statement in _WRITES_FILES:
        return f"{location}{query_id}"
    return f"{location}{query_id}.{'csv' if kind == 'DML' and statement != 'EXPLAIN' else 'txt'}"


def manifest_location(execution: QueryExecution) -> str:
    """The object that lists the files that a statement wrote; none if the workgroup manages the results."""
    return "" if execution.is_managed else _manifest_key(execution.output_location)


def column_info(column: results.ResultColumn) -> JsonDict:
    """A column as the API describes it."""
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": column.type,
        "Precision": column.precision,
        "Scale": column.scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": column.type == "varchar",
    }


def _metadata(answer: Answer) -> bytes:
    """The columns of an answer. Athena's own object is in a form that it does not document."""
    return json.dumps({"columns": [column_info(column) for column in answer.columns]}).encode()


def _bucket_and_key(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    return parts.netloc, parts.path.lstrip("/")


def _manifest_key(place: str) -> str:
    return f"{place.removesuffix('.csv')}-manifest.csv"
