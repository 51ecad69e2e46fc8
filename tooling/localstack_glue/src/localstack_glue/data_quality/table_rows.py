"""The rows of a catalog table as Arrow, read with a role's rights in the way that Athena's queries are answered."""

from contextlib import closing
from typing import Any

import sqlglot

from localstack_glue.athena.engine.reading import Cancellation, opened
from localstack_glue.athena.engine.sql_text import quoted
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials
from localstack_glue.service.models import JsonDict


def read_rows(
    clients: ClientFactory, scope: Scope, credentials: Credentials, source: JsonDict, stop: Cancellation
) -> Any:
    """Read a table.

    Raises:
        QueryFailedError: it cannot be read.
        QueryCancelledError: it was stopped.
    """
    table = source["GlueTable"]
    database = table["DatabaseName"].lower()
    name = table["TableName"].lower()
    statement = sqlglot.parse_one(f"SELECT * FROM {quoted(database)}.{quoted(name)}", read="athena")
    iceberg = {
        "s3.endpoint": clients.endpoint_url,
        "s3.region": scope.region,
        "s3.access-key-id": credentials.access_key_id,
        "s3.secret-access-key": credentials.secret_access_key,
        **({"s3.session-token": credentials.session_token} if credentials.session_token else {}),
    }
    with (
        closing(clients.with_credentials("glue", scope, credentials)) as glue,
        closing(clients.with_credentials("s3", scope, credentials)) as s3,
        opened(glue, s3, iceberg, statement, database, None, stop) as query,
    ):
        names = [(output.name, f"c{place}") for place, output in enumerate(query.outputs())]
        return query.arrow(names)[1]
