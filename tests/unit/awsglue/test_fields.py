import pytest

from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.transforms import ApplyMapping, DropFields, DropNullFields, RenameField, SelectFields, SplitFields
from tests.unit.awsglue.conftest import rows

NESTED = "id int, name string, place struct<city: string, zip: string>"
PERSON = [(1, "Ada", ("London", "N1")), (2, None, None)]


def test_apply_mapping_renames_casts_and_drops_the_rest(dynamic_frame):
    frame = dynamic_frame([("1", "x", 2), ("many", "y", 3)], "a string, b string, c int")

    mapped = ApplyMapping.apply(frame=frame, mappings=[("a", "string", "A", "long"), ("c", "int", "c", "string")])

    assert mapped.toDF().dtypes == [("A", "bigint"), ("c", "string")]
    assert rows(mapped) == [(1, "2"), (None, "3")]


def test_apply_mapping_reads_and_builds_structs(dynamic_frame):
    mapped = dynamic_frame(PERSON, NESTED).apply_mapping(
        [("place.city", "string", "city", "string"), ("id", "int", "key.number", "double"), ("gone", "int", "x", "int")]
    )

    assert mapped.toDF().dtypes == [("city", "string"), ("key", "struct<number:double>")]
    assert rows(mapped) == [("London", (1.0,)), (None, (2.0,))]


def test_apply_mapping_takes_dotted_names_in_back_ticks(dynamic_frame):
    mapped = dynamic_frame([(1,)], "`a.b` int").apply_mapping([("`a.b`", "int", "c", "int")])

    assert rows(mapped) == [(1,)]


def test_apply_mapping_of_nothing_that_exists_fails(dynamic_frame):
    with pytest.raises(GlueDataError, match="none of the mapped fields"):
        dynamic_frame(PERSON, NESTED).apply_mapping([("x", "int", "x", "int")])


def test_unknown_type_is_named(dynamic_frame):
    with pytest.raises(GlueUnsupportedError, match="the type whatever"):
        dynamic_frame(PERSON, NESTED).apply_mapping([("id", "int", "id", "whatever")])


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["name"], [("id", "int"), ("place", "struct<city:string,zip:string>")]),
        (["place.zip"], [("id", "int"), ("name", "string"), ("place", "struct<city:string>")]),
        (["place.zip", "place.city", "gone"], [("id", "int"), ("name", "string")]),
    ],
)
def test_drop_fields(dynamic_frame, paths, left):
    assert DropFields.apply(frame=dynamic_frame(PERSON, NESTED), paths=paths).toDF().dtypes == left


def test_drop_fields_keeps_a_struct_that_is_null(dynamic_frame):
    assert rows(dynamic_frame(PERSON, NESTED).drop_fields(["place.zip"])) == [(1, "Ada", ("London",)), (2, None, None)]


def test_select_fields(dynamic_frame):
    selected = SelectFields.apply(frame=dynamic_frame(PERSON, NESTED), paths=["place.city", "id", "gone"])

    assert selected.toDF().dtypes == [("place", "struct<city:string>"), ("id", "int")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name", "title", ["id", "title", "place"]),
        ("place.zip", "zip", ["id", "name", "place", "zip"]),
        ("name", "`full.name`", ["id", "full.name", "place"]),
        ("gone", "here", ["id", "name", "place"]),
    ],
)
def test_rename_field(dynamic_frame, old, new, expected):
    renamed = RenameField.apply(frame=dynamic_frame(PERSON, NESTED), old_name=old, new_name=new)

    assert renamed.toDF().columns == expected


def test_rename_field_inside_a_struct(dynamic_frame):
    renamed = dynamic_frame(PERSON, NESTED).rename_field("place.zip", "place.code")

    assert renamed.toDF().schema["place"].dataType.names == ["city", "code"]


def test_split_fields(dynamic_frame):
    both = SplitFields.apply(dynamic_frame(PERSON, NESTED), ["id", "place.city"], "keys", "rest")

    assert both["keys"].toDF().dtypes == [("id", "int"), ("place", "struct<city:string>")]
    assert both["rest"].toDF().dtypes == [("name", "string"), ("place", "struct<zip:string>")]


def test_drop_null_fields(dynamic_frame):
    assert DropNullFields.apply(dynamic_frame([(1, None)], "a int, b void")).toDF().columns == ["a"]


def test_unbox_parses_json(dynamic_frame):
    unboxed = dynamic_frame([('{"a": 1}',), ('{"b": "x"}',), (None,)], "doc string").unbox("doc", "json")

    assert unboxed.toDF().dtypes == [("doc", "struct<a:bigint,b:string>")]
    assert rows(unboxed) == [((1, None),), ((None, "x"),), (None,)]


def test_unbox_of_another_format_is_refused(dynamic_frame):
    with pytest.raises(GlueUnsupportedError, match="unbox of the format avro"):
        dynamic_frame([("x",)], "doc string").unbox("doc", "avro")


def test_argument_without_effect_is_refused(dynamic_frame):
    with pytest.raises(GlueUnsupportedError, match="caseSensitive"):
        dynamic_frame([(1,)], "a int").drop_fields(["a"], caseSensitive=False)
