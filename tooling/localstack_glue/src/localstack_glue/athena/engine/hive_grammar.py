"""The grammar of statements that Athena gives to Hive: CREATE TABLE, ALTER TABLE and DROP TABLE.

sqlglot accepts types, constraints and orders of clauses that Hive does not have.
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlglot import exp
from sqlglot.dialects.hive import Hive

from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError
from localstack_glue.athena.engine.sql_text import BLANK

STATEMENT = re.compile(
    rf"{BLANK}*(?:alter{BLANK}+table|create{BLANK}+(?:external{BLANK}+)?table|drop{BLANK}+table)\b",
    re.IGNORECASE | re.DOTALL,
)
# https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
_RESERVED_WORDS = (
    "ALL ALTER AND ARRAY AS AUTHORIZATION BETWEEN BIGINT BINARY BOOLEAN BOTH BY CASE CASHE CAST CHAR COLUMN CONF "
    "CONSTRAINT COMMIT CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_TIMESTAMP CURSOR DATABASE DATE DAYOFWEEK "
    "DECIMAL DELETE DESCRIBE DISTINCT DIV DOUBLE DROP ELSE END EXCHANGE EXISTS EXTENDED EXTERNAL EXTRACT FALSE "
    "FETCH FLOAT FLOOR FOLLOWING FOR FOREIGN FROM FULL FUNCTION GRANT GROUP GROUPING HAVING IF IMPORT IN INNER "
    "INSERT INT INTEGER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LESS LIKE LOCAL MACRO MAP MORE NONE NOT NULL "
    "NUMERIC OF ON ONLY OR ORDER OUT OUTER OVER PARTIALSCAN PARTITION PERCENT PRECEDING PRECISION PRESERVE PRIMARY "
    "PROCEDURE RANGE READS REDUCE REGEXP REFERENCES REVOKE RIGHT RLIKE ROLLBACK ROLLUP ROW ROWS SELECT SET SMALLINT "
    "START TABLE TABLESAMPLE THEN TIME TIMESTAMP TO TRANSFORM TRIGGER TRUE TRUNCATE UNBOUNDED UNION UNIQUEJOIN "
    "UPDATE USER USING UTC_TIMESTAMP VALUES VARCHAR VIEWS WHEN WHERE WINDOW WITH"
)
_RESERVED = frozenset(_RESERVED_WORDS.split())
# the words that begin a type, and how many numbers may follow
_TYPES: Mapping[str, int] = {
    **dict.fromkeys(
        ("boolean", "tinyint", "smallint", "int", "integer", "bigint", "float", "double", "string", "binary"), 0
    ),
    **dict.fromkeys(("date", "timestamp", "array", "map", "struct"), 0),
    **dict.fromkeys(("char", "varchar"), 1),
    "decimal": 2,
}
_FOREIGN = "foreign"
# https://docs.aws.amazon.com/athena/latest/ug/create-table.html
_ORDER: tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], ...] = (
    exp.ExternalProperty,
    exp.SchemaCommentProperty,
    exp.PartitionedByProperty,
    exp.ClusteredByProperty,
    (exp.RowFormatSerdeProperty, exp.RowFormatDelimitedProperty),
    exp.SerdeProperties,
    exp.FileFormatProperty,
    exp.SerdeProperties,
    exp.LocationProperty,
)
_HiveParser: Any = Hive.Parser


class HiveStatement(Hive):
    """sqlglot's Hive, which notes the types that Hive does not have."""

    class Parser(_HiveParser):
        """Notes a type's word if it is none of Hive's."""

        def _parse_types(self, *arguments: Any, **options: Any) -> exp.Expr | None:
            word = self._curr.text.lower() if self._curr else ""
            found: exp.Expr | None = super()._parse_types(*arguments, **options)
            if isinstance(found, exp.DataType) and len(_numbers(found)) > _TYPES.get(word, -1):
                found.meta[_FOREIGN] = word
            return found


def _numbers(kind: exp.DataType) -> list[exp.Expr]:
    return [each for each in kind.expressions if isinstance(each, exp.DataTypeParam)]


def check(statement: exp.Expr) -> None:
    """Check a statement for what Hive's grammar does not have.

    Raises:
        MalformedQueryError: a type, a constraint or an order of clauses is none of Hive's.
    """
    for kind in statement.find_all(exp.DataType):
        if _FOREIGN in kind.meta:
            raise MalformedQueryError(f"line 1:1: mismatched input '{kind.meta[_FOREIGN]}'. Expecting: a type of Hive")
        if kind.this in (exp.DType.CHAR, exp.DType.VARCHAR) and not _numbers(kind):
            raise MalformedQueryError(f"line 1:1: mismatched input: {kind.this.value.lower()} has no length")
    for part in statement.find_all(exp.ColumnConstraint, exp.PrimaryKey, exp.ForeignKey, exp.UniqueColumnConstraint):
        if not isinstance(part.args.get("kind"), exp.CommentColumnConstraint):
            raise MalformedQueryError(f"line 1:1: mismatched input '{part.sql('hive')}'. Tables have no constraints")
    if isinstance(statement, exp.Create) and statement.expression is None:
        _check_order(statement)


def check_names(statement: exp.Expr) -> None:
    """Check the names in a statement about a table over files; those about Iceberg tables are not given to Hive.

    Raises:
        QueryFailedError: one needs backticks.
    """
    for name in statement.find_all(exp.Identifier):
        if not name.args.get("quoted"):
            _check_name(str(name.this), name.meta.get("line") or 1, name.meta.get("col") or 0)


def check_name(text: str) -> None:
    """Check a name as a statement writes it, perhaps in backticks.

    Raises:
        QueryFailedError: it needs backticks.
    """
    if text[:1] not in ("`", '"'):
        _check_name(text, 1, len(text))


def _check_name(text: str, line: int, end: int) -> None:
    if text.upper() not in _RESERVED and not text.startswith("_") and re.fullmatch(r"\w*", text):
        return
    place = f"line {line}:{max(end - len(text), 0)}"
    raise QueryFailedError("FAILED", f"ParseException {place} Failed to recognize '{text}'. Write it in backticks")


def _check_order(create: exp.Create) -> None:
    place = 0
    properties = create.args.get("properties")
    for each in properties.expressions if properties is not None else ():
        if type(each) is exp.Property:
            place = len(_ORDER)
            continue
        found = next((at for at in range(place, len(_ORDER)) if isinstance(each, _ORDER[at])), None)
        if found is None and any(isinstance(each, kind) for kind in _ORDER):
            raise MalformedQueryError(
                f"line 1:1: mismatched input '{each.sql('hive')}': it comes after a clause that it has to precede"
            )
        place = place if found is None else found
