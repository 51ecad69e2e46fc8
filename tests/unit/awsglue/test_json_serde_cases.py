"""JSON by a table's columns in a job: the table of cases that Athena is held to as well (G37)."""

from pathlib import Path
from typing import Any

import pytest

from awsglue.context import GlueContext
from tests.unit.awsglue.conftest import add_table
from tests.unit.json_serde_cases import Case, cases, plain

OPENX, HIVE = "org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe"


def rows(case: Case, glue: Any, context: GlueContext, folder: Path) -> list[Any]:
    (folder / "a.json").write_text("".join(f"{line}\n" for line in case.lines), encoding="utf-8")
    library = HIVE if case.hive else OPENX
    add: Any = add_table
    add(glue, folder, case.columns.items(), library=library, serde=case.parameters)
    frame = context.create_dynamic_frame.from_catalog(database="lake", table_name="t")
    return [plain(row.asDict(recursive=True)) for row in frame.toDF().collect()]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.title)
def test_lines_are_the_rows_of_the_table_of_cases(
    case: Case, glue: Any, glue_context: GlueContext, tmp_path: Path
) -> None:
    expected = case.expected("glue")
    if isinstance(expected, str):
        with pytest.raises(Exception, match=expected):
            rows(case, glue, glue_context, tmp_path)
    else:
        assert rows(case, glue, glue_context, tmp_path) == expected
