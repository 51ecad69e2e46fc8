"""JSON by a catalog's columns: keys match in any case, nested ones too (G36, G37)."""

import json

import pytest
from pyspark.sql.types import ArrayType, IntegerType, MapType, StringType, StructField, StructType

from awsglue import json_paths, json_tables
from awsglue.errors import GlueUnsupportedError
from tests.unit.awsglue.conftest import add_table, rows

OPENX = "org.openx.data.jsonserde.JsonSerDe"


def write(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))


def read(context, **options):
    return context.create_dynamic_frame.from_catalog(database="lake", table_name="t", **options)


def plain(frame):
    return [row.asDict(recursive=True) for row in frame.toDF().collect()]


COLUMNS = [
    ("orderid", "bigint"),
    ("buyer", "struct<fullname:string,home:struct<zipcode:string>>"),
    ("lines", "array<struct<skunumber:string,quantity:int>>"),
    ("tags", "map<string,struct<isnew:boolean>>"),
    ("note", "string"),
]


def test_keys_match_in_any_case_nested_ones_too(glue, glue_context, tmp_path):  # G37
    write(
        tmp_path / "a.json",
        {
            "orderId": 1,
            "Buyer": {"fullName": "Ann", "Home": {"zipCode": "10115"}},
            "lines": [{"skuNumber": "a", "Quantity": 2}, {"skuNumber": "b", "Quantity": 1}],
            "tags": {"Red": {"isNew": True}},
            "note": {"a": 1},
        },
    )
    add_table(glue, tmp_path, COLUMNS, library=OPENX, classification="json")

    assert plain(read(glue_context)) == [
        {
            "orderid": 1,
            "buyer": {"fullname": "Ann", "home": {"zipcode": "10115"}},
            "lines": [{"skunumber": "a", "quantity": 2}, {"skunumber": "b", "quantity": 1}],
            "tags": {"Red": {"isnew": True}},
            "note": '{"a":1}',
        }
    ]


def test_one_key_in_several_spellings_is_one_column(glue, glue_context, tmp_path):
    write(tmp_path / "a.json", {"userId": 1, "a": {"B": 1}}, {"userid": 2, "A": {"b": 2}}, {"USERID": 3, "A": {"B": 3}})
    add_table(glue, tmp_path, [("userid", "int"), ("a", "struct<b:int>")], library=OPENX)

    assert sorted(rows(read(glue_context))) == [(1, (1,)), (2, (2,)), (3, (3,))]


def test_spellings_inside_an_array_are_refused_by_name(glue, glue_context, tmp_path):
    write(tmp_path / "a.json", {"a": [{"b": 1}, {"B": 2}]})
    add_table(glue, tmp_path, [("a", "array<struct<b:int>>")], library=OPENX)

    with pytest.raises(GlueUnsupportedError, match="keys that differ in case only, inside the array or map a"):
        read(glue_context)


def test_partitions_pushdown_and_bookmarks_match_likewise(glue, glue_context, tmp_path, monkeypatch):
    from awsglue.bookmarks import FILE_VARIABLE
    from awsglue.job import Job

    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "bookmark.json"))
    add_table(glue, tmp_path / "t", [("userid", "int")], keys=[("day", "string")], library=OPENX)
    storage = glue.get_table(DatabaseName="lake", Name="t")["Table"]["StorageDescriptor"]
    for day, folder in (("1", "day=1"), ("2", "day=2"), ("3", "elsewhere")):
        write(tmp_path / "t" / folder / "a.json", {"userId": int(day)})
        partition = {"Values": [day], "StorageDescriptor": {**storage, "Location": str(tmp_path / "t" / folder)}}
        glue.create_partition(DatabaseName="lake", TableName="t", PartitionInput=partition)
    job = Job(glue_context)
    job.init("j", {"job_bookmark_option": "job-bookmark-enable"})

    assert sorted(rows(read(glue_context, push_down_predicate="day < '3'"))) == [(1, "1"), (2, "2")]
    assert sorted(rows(read(glue_context, transformation_ctx="c"))) == [(1, "1"), (2, "2"), (3, "3")]
    job.commit()
    job.init("j", {"job_bookmark_option": "job-bookmark-enable"})
    write(tmp_path / "t" / "day=1" / "b.json", {"USERID": 4})
    assert rows(read(glue_context, transformation_ctx="c")) == [(4, "1")]


def test_values_are_exact_and_what_does_not_fit_becomes_a_choice(glue, glue_context, tmp_path):
    write(tmp_path / "a.json", '{"Amount": 12345678901234567.89, "N": "1", "Big": 1}', '{"N": "x", "Big": 3000000000}')
    columns = [("amount", "decimal(20,2)"), ("n", "int"), ("big", "int")]
    add_table(glue, tmp_path, columns, library=OPENX)

    frame = read(glue_context)

    assert frame.choice_fields == ["n", "big"]
    first, second = rows(frame)
    assert str(first[0]) == "12345678901234567.89"
    assert (first[1], second[1]) == ((1, None), (None, "x"))
    assert (first[2], second[2]) == ((1, None), (None, 3000000000))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[\n {"userId": 1},\n {"userId": 2}\n]\n', id="one array"),
        pytest.param('{\n "userId": 1\n}\n{\n "userId": 2\n}\n', id="one object after the other"),
        pytest.param('[{"userId": 1}, {"userId": 2}]', id="an array on a line"),
        pytest.param('{"userId": 1}\nno JSON\n{"userId": 2}\n', id="a line that is no JSON is an error record"),
    ],
)
def test_files_that_are_not_written_in_lines(glue, glue_context, tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    add_table(glue, tmp_path, [("userid", "int")], library=OPENX)

    assert rows(read(glue_context)) == [(1,), (2,)]


def test_serde_maps_keys_to_columns(glue, glue_context, tmp_path):  # G37
    write(tmp_path / "a.json", {"timeStamp": "x", "a.b": "y", "C": "z"})
    serde = {"mapping.ts": "timestamp", "dots.in.keys": "true"}
    add_table(glue, tmp_path, [("ts", "string"), ("a_b", "string")], library=OPENX, serde=serde)

    assert rows(read(glue_context)) == [("x", "y")]


def test_case_matters_if_the_serde_is_case_sensitive():  # G37
    keys = json_tables.Keys.of({"case.insensitive": "false", "mapping.userid": "userId"})

    assert keys.match("userid", "userId")
    assert not keys.match("userid", "userid")
    assert not keys.match("name", "Name")


def test_a_table_without_files_has_its_columns_and_no_rows(glue, glue_context, tmp_path):
    add_table(glue, tmp_path / "nothing", [("userid", "int"), ("a", "struct<b:int>")], library=OPENX)

    frame = read(glue_context)

    assert frame.toDF().dtypes == [("userid", "int"), ("a", "struct<b:int>")]
    assert rows(frame) == []


def test_text_in_a_struct_column_is_an_error(glue, glue_context, tmp_path):
    write(tmp_path / "a.json", {"A": "text"}, {"A": None})
    add_table(glue, tmp_path, [("a", "struct<b:int>")], library=OPENX)

    with pytest.raises(Exception, match="the table has the type struct, but the value is: text"):
        rows(read(glue_context))


def test_types_are_quoted_whatever_the_names():
    kind = StructType([StructField("a `b`", ArrayType(MapType(StringType(), IntegerType())))])

    assert json_tables.ddl(kind) == "struct<`a ``b```: array<map<string, int>>>"


def test_records_are_parts_of_documents_by_json_path(glue_context, tmp_path):
    (tmp_path / "a.json").write_text('{\n "value": [{"Id": 1}, {"Id": 2}],\n "next": null\n}\n')

    def read_by(path):
        options = {"jsonPath": path, "multiLine": "true"}
        return rows(glue_context.create_dynamic_frame.from_options("s3", {"paths": [str(tmp_path)]}, "json", options))

    assert read_by("$.value[*]") == [(1,), (2,)]
    assert read_by("$.value[1]") == [(2,)]
    with pytest.raises(GlueUnsupportedError, match="the jsonPath"):
        read_by("$..value")


@pytest.mark.parametrize(
    ("path", "steps"),
    [("$", []), ("$[*]", [None]), ("$.a['b c'][0].d[*]", ["a", "b c", 0, "d", None])],
)
def test_steps_of_json_paths(path, steps):
    assert json_paths.parse_steps(path) == steps
