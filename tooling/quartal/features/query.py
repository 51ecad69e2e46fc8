"""SQL over the published tables, answered on this machine by DuckDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError, NotDeployedError
from quartal.features.answers import QueryResult, read_answer
from quartal.features.iceberg_commits import committing_client
from quartal.features.quarantine import why_no_features
from quartal.features.table_reading import load_published, read_rows, read_state
from quartal.features.table_records import quarter_of_tag, recorded_last_day, source_snapshot
from quartal.features.tags import (
    State,
    find_snapshot,
    is_in_step,
    last_day_of,
    snapshot_named,
    state_named,
)
from quartal.terraform.outputs import Deployment

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

_QUARANTINE = "quarantine"
_ANSWERED = frozenset({"SELECT", "EXPLAIN", "PRAGMA", "MULTI"})  # the last is a PIVOT


def iceberg_catalog(connection: AwsConnection) -> Catalog:
    """The Glue catalog as PyIceberg sees it, with the connection's credentials and endpoint; writes are sent once."""
    from etl_job.tables.steady_time import SteadyGlueCatalog

    properties: dict[str, str] = {"client.region": connection.region}
    if connection.endpoint_url is not None:
        properties["s3.endpoint"] = connection.endpoint_url
    if connection.access_key_id is not None and connection.secret_access_key is not None:
        properties |= {
            "client.access-key-id": connection.access_key_id,
            "client.secret-access-key": connection.secret_access_key,
        }
    elif connection.profile is not None:
        # PyIceberg's own file system knows no profile
        signed_in = connection.credentials().get_frozen_credentials()
        properties |= {
            "client.access-key-id": str(signed_in.access_key),
            "client.secret-access-key": str(signed_in.secret_key),
        }
        if signed_in.token:
            properties["client.session-token"] = signed_in.token
    client = committing_client(connection.glue(), connection.glue_once())
    return SteadyGlueCatalog("glue", client=client, **properties)


def run_query(
    sql: str,
    deployment: Deployment,
    catalog: Catalog,
    *,
    as_of: str | None = None,
    bad_rows: Callable[[], pa.Table] | None = None,
) -> QueryResult:
    """Answer one SELECT over `features` and `curated`, or over any Iceberg table of the pipeline's database.

    `bad_rows` reads the table `quarantine`, which has no past states.

    Only the tables that the statement names are read. With `as_of`, a tag or a snapshot id, each as it was then: a tag
    of the features also stands for the snapshot of `curated` that those features were computed from, up to the last day
    that they have rows of.

    Raises:
        ConfigurationError: the SQL is wrong, or names a table, a tag or a snapshot that does not exist.
        NotDeployedError: the table is the pipeline's own, but no run has published it yet.
    """
    import duckdb

    with duckdb.connect() as database:
        # a query is for reading the lake: it gets no other files and no network
        database.execute("SET enable_external_access = false")
        database.execute("SET TimeZone = 'UTC'")
        try:
            _refuse_changes([statement.type.name for statement in database.extract_statements(sql)])
            names = database.get_table_names(sql)
            for name in sorted(names):
                if name.lower() == _QUARANTINE and bad_rows is not None:
                    _refuse_past(as_of)
                    database.register(name, bad_rows())
                else:
                    database.register(name, _read_table(catalog, deployment, name, as_of))
            return read_answer(database.sql(sql))
        except duckdb.Error as error:
            raise ConfigurationError(
                f"The query was refused: {error}",
                remedy="Tables: features, curated, quarantine. Columns: select * from features limit 1",
            ) from error


def published_table(catalog: Catalog, deployment: Deployment, name: str) -> Table:
    """The Iceberg table `features` or `curated`, or another one of the pipeline's database.

    Raises:
        AwsError: its metadata is missing or may not be read.
        ConfigurationError: there is no table of that name; the remedy lists the tables.
        NotDeployedError: it is the pipeline's own, but no run has published it yet.
        PipelineError: its metadata is not what PyIceberg reads.
    """
    from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

    aliases = {"features": deployment.features_table(), "curated": deployment.curated_table()}
    table_name = aliases.get(name.lower(), name)
    try:
        return load_published(catalog, (deployment.database, table_name))
    except NoSuchTableError as error:
        if table_name in aliases.values():
            why = why_no_features(deployment, catalog)
            if why is not None:
                raise why from error
            raise NotDeployedError(
                f"Table {table_name} does not exist yet: no run has published it.",
                remedy="Start one: `quartal run`.",
            ) from error
        try:
            known = ", ".join(sorted(identifier[-1] for identifier in catalog.list_tables(deployment.database)))
        except NoSuchNamespaceError:
            raise NotDeployedError(
                f"The catalog has no database {deployment.database}.", remedy="Deploy it again: `quartal apply`."
            ) from error
        raise ConfigurationError(
            f"There is no Iceberg table '{name}'.",
            remedy=f"Use features or curated; the database holds: {known}.",
        ) from error


def are_in_step(catalog: Catalog, deployment: Deployment) -> bool | None:
    """Whether the features were computed from the current curated table; None before the first publication.

    The job commits one after the other. A run that ends between the two leaves the features behind until the next run.
    """
    try:
        curated, features = (published_table(catalog, deployment, name) for name in ("curated", "features"))
    except NotDeployedError:
        return None
    return is_in_step(curated, features)


def _refuse_changes(kinds: list[str]) -> None:
    others = [kind for kind in kinds if kind not in _ANSWERED]
    if others or len(kinds) != 1:
        number = {0: "no statement", 2: "two statements"}.get(len(kinds), f"{len(kinds)} statements")
        found = f", but {others[0]}" if others else f": it has {number}"
        raise ConfigurationError(
            f"The query is not one SELECT{found}. Nothing was changed.",
            remedy="Write one SELECT: only its answer is shown, and only runs change the tables.",
        )


def _refuse_past(as_of: str | None) -> None:
    if as_of is not None:
        raise ConfigurationError(
            "The quarantine has no past states: it holds the bad rows of what is published now.",
            remedy="Leave out --as-of.",
        )


def _read_table(catalog: Catalog, deployment: Deployment, name: str, as_of: str | None) -> pa.Table:
    table = published_table(catalog, deployment, name)
    if as_of is None:
        return read_rows(table)
    if table.name()[-1] == deployment.curated_table():
        state = _curated_as_of(table, published_table(catalog, deployment, "features"), as_of)
    elif table.name()[-1] == deployment.features_table():
        state = state_named(table, as_of)
    else:
        state = State(as_of, snapshot_named(table, as_of).snapshot_id)
    return read_state(table, state)


def _curated_as_of(curated: Table, features: Table, as_of: str) -> State:
    """The state of `curated` at a tag; quarters are tags of the features, which name their curated snapshot.

    Raises:
        ConfigurationError: there is no such tag, or its curated snapshot is no longer kept.
    """
    own = find_snapshot(curated, as_of)
    if own is not None:
        return State(as_of, own.snapshot_id)
    snapshot, state = snapshot_named(features, as_of), state_named(features, as_of)
    source_id = source_snapshot(features, snapshot)
    source = curated.snapshot_by_id(source_id) if source_id is not None else None
    if source is None:
        raise ConfigurationError(
            f"The state of curated that the features of '{as_of}' were computed from is no longer kept.",
            remedy="The features themselves can be read as of this tag.",
        )
    days_to = recorded_last_day(features, snapshot)
    quarter = quarter_of_tag(snapshot)
    if days_to is None and quarter is not None:  # the state has no rows up to the quarter's end
        return State(as_of, source.snapshot_id, last_day_of(quarter))
    return State(as_of, source.snapshot_id, days_to or state.up_to)
