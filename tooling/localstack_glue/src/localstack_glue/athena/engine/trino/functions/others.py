"""Functions of JSON, of conversion, of conditions; and those in Athena's reference that are refused here."""

# ruff: noqa: E501 - a row of the table is a line

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import text_literal
from localstack_glue.athena.engine.trino.casts import cast, to_text
from localstack_glue.athena.engine.trino.comparisons import compare
from localstack_glue.athena.engine.trino.functions.model import Call, Sql, Topic, overload
from localstack_glue.athena.engine.trino.types import INTEGERS

JSON_, CONVERSION, CONDITIONAL = Topic("json"), Topic("conversion"), Topic("conditional")


JSON_.scalar(
    "is_json_scalar",
    ("json -> boolean", "py_json_is_scalar({0})"),
    ("varchar -> boolean", "py_json_is_scalar({0})"),
    examples={"is_json_scalar('1')": "true", "is_json_scalar('[1]')": "false"},
)


def _array_contains(call: Call) -> str:
    value = call.arguments[1]
    kind = call.types[1]
    if kind.kind == "unknown":
        return "CAST(NULL AS BOOLEAN)"
    if kind.kind == "varchar":
        value = f"CAST(to_json({value}) AS VARCHAR)"
    elif kind.kind in (*INTEGERS, "boolean", "double", "decimal"):
        value = to_text(value, kind)
    else:
        raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: json_array_contains does not support {kind}")
    return f"py_json_array_contains({call.arguments[0]}, {value})"


JSON_.scalar(
    "json_array_contains",
    ("json, T -> boolean", _array_contains),
    ("varchar, T -> boolean", _array_contains),
    examples={"json_array_contains('[1, 2]', 2)": "true", "json_array_contains('[\"a\"]', 'b')": "false"},
)
JSON_.scalar(
    "json_array_get",
    ("json, bigint -> json", "py_json_array_get({0}, {1})"),
    ("varchar, bigint -> json", "py_json_array_get({0}, {1})"),
    examples={
        "json_array_get('[\"a\", [3]]', 1)": "[3]",
        "json_array_get('[1]', 5)": None,
        "json_array_get('[\"a\"]', 0)": "a",
    },
)
JSON_.scalar(
    "json_array_length",
    ("json -> bigint", "py_json_array_length({0})"),
    ("varchar -> bigint", "py_json_array_length({0})"),
    examples={"json_array_length('[1, 2, 3]')": "3", "json_array_length('{}')": None},
)
JSON_.scalar(
    "json_extract",
    ("json, varchar -> json", "py_json_extract({0}, {1})"),
    ("varchar, varchar -> json", "py_json_extract({0}, {1})"),
    examples={
        "json_extract('{\"a\": {\"b\": [1, 2]}}', '$.a.b')": "[1,2]",
        "json_extract('{\"a\": 1}', '$.z')": None,
        'json_extract(\'{"a b": "x"}\', \'$["a b"]\')': '"x"',
    },
)
JSON_.scalar(
    "json_extract_scalar",
    ("json, varchar -> varchar", "py_json_extract_scalar({0}, {1})"),
    ("varchar, varchar -> varchar", "py_json_extract_scalar({0}, {1})"),
    examples={
        "json_extract_scalar('{\"a\":{\"b\":1}}', '$.a')": None,
        "json_extract_scalar('{\"a\":{\"b\":1}}', '$.a.b')": "1",
        "json_extract_scalar('[1, \"x\", true]', '$[1]')": "x",
        "json_extract_scalar('no json', '$.a')": None,
    },
)
JSON_.scalar(
    "json_format",
    ("json -> varchar", "{0}"),
    examples={
        'json_format(json_parse(\'{"b": 1, "a": 2}\'))': '{"a":2,"b":1}',
        "json_format(cast(array[1, null] as json))": "[1,null]",
    },
)
JSON_.scalar(
    "json_parse",
    ("varchar -> json", "py_json_parse({0})"),
    examples={'json_parse(\'[1, {"b": 2, "a": "x"}]\')': '[1,{"a":"x","b":2}]'},
)
JSON_.scalar(
    "json_size",
    ("json, varchar -> bigint", "py_json_size({0}, {1})"),
    ("varchar, varchar -> bigint", "py_json_size({0}, {1})"),
    examples={'json_size(\'{"x": {"a": 1, "b": 2}}\', \'$.x\')': "2", "json_size('{\"x\": 1}', '$.x')": "0"},
)
JSON_.refuse(
    "json_scalar json_serialize json_table",
    "Athena's engine does not have it",
)

# ---------------------------------------------------------------------------- conversion


def _format_arguments(call: Call) -> str:
    """The arguments as texts with their kind, for Java's Formatter."""
    tagged = []
    for value, kind in zip(call.arguments[1:], call.types[1:], strict=True):
        tag = {"double": "f", "real": "f", "decimal": "f", "boolean": "b"}.get(
            kind.kind, "d" if kind.kind in INTEGERS else "s"
        )
        if kind.kind in ("date", "time", "timestamp", "timestamp with time zone"):
            tag = "t"
        if kind.kind == "unknown":
            text = "NULL"
        else:
            text = f"CAST({value} AS VARCHAR)" if tag in "dfb" and kind.kind != "real" else to_text(value, kind)
        tagged.append(f"('{tag}' || coalesce(':' || {text}, ''))")
    return f"py_format({call.arguments[0]}, [{', '.join(tagged)}]::VARCHAR[])"


CONVERSION.scalar(
    "format",
    ("varchar, any, any... -> varchar", _format_arguments),
    examples={
        "format('%05d', 42)": "00042",
        "format('%s%%', 123)": "123%",
        "format('%.5f', pi())": "3.14159",
        "format('%,.2f', 1234567.89)": "1,234,567.89",
        "format('%-7s,%7s', 'hello', 'world')": "hello  ,  world",
        "format('%2$s %3$s %1$s', 'a', 'b', 'c')": "b c a",
        "format('%x', 255)": "ff",
        "format('%s', true)": "true",
        "format('%s', timestamp '2024-01-05 10:00:00')": "2024-01-05T10:00",
        "format('%s %s', timestamp '2024-01-05 10:00:01.5', date '2024-01-05')": "2024-01-05T10:00:01.500 2024-01-05",
        "format('%s is %d, %.1f%%, %b', 'a', 5, 2.5e0, false)": "a is 5, 2.5%, false",
    },
)
CONVERSION.scalar(
    "format_number",
    ("double -> varchar", "py_format_number({0})"),
    examples={"format_number(123456)": "123K", "format_number(1000000)": "1M"},
)
CONVERSION.scalar(
    "parse_data_size",
    ("varchar -> decimal(38,0)", "CAST(py_parse_data_size({0}) AS DECIMAL(38,0))"),
    examples={"parse_data_size('1kB')": "1024", "parse_data_size('2.3MB')": "2411724"},
)
CONVERSION.scalar(
    "typeof",
    # the argument stays: an aggregate in it makes one row of many
    overload(
        "T -> varchar",
        lambda call: (
            f"list_element([{text_literal(str(call.types[0]))}], CASE WHEN {call.arguments[0]} IS NULL THEN 1 ELSE 1 END)"
        ),
    ),
    examples={
        "(select typeof(sum(x)) from (values 1, 2) t(x))": "bigint",
        "typeof(123)": "integer",
        "typeof('cat')": "varchar(3)",
        "typeof(cos(2) + 1.5)": "double",
        "typeof(array[decimal '1.5'])": "array(decimal(2,1))",
        "typeof(1.5)": "double",
        "typeof(null)": "unknown",
    },
)
CONVERSION.scalar(
    "try",
    overload("T -> T", "TRY({0})", lambda call: call.types[0]),
    examples={"try(1 / 0)": None, "try(cast('x' as integer))": None, "coalesce(try(array[1][5]), 9)": "9"},
)

# ---------------------------------------------------------------------------- conditional


def _variadic(name: str) -> tuple[str, Sql]:
    return "T, T, T... -> T", lambda call: f"{name}({', '.join(call.arguments)})"


def _extreme(name: str) -> tuple[str, Sql]:
    return (
        "O, O... -> O",
        lambda call: (
            f"CASE WHEN {' OR '.join(f'{each} IS NULL' for each in call.arguments)} THEN NULL ELSE {name}({', '.join(call.arguments)}) END"
        ),
    )


CONDITIONAL.scalar("coalesce", _variadic("coalesce"), examples={"coalesce(null, 'x')": "x", "coalesce(1, 2.5)": "1.0"})


def _null_if(call: Call) -> str:
    first, second = call.arguments
    kind = call.bound["T"]
    same = compare("=", (first, kind), (second, kind))
    found = first if call.types[0].kind == "unknown" else cast(first, kind, call.types[0])
    return f"CASE WHEN {same} THEN NULL ELSE {found} END"


CONDITIONAL.scalar(
    "nullif",
    overload("T, T -> T", _null_if, lambda call: call.types[0]),
    examples={"nullif(1, 1)": None, "nullif(1, 2)": "1", "nullif(null, 1)": None},
)
CONDITIONAL.scalar(
    "if",
    ("boolean, T -> T", "CASE WHEN {0} THEN {1} END"),
    ("boolean, T, T -> T", "CASE WHEN {0} THEN {1} ELSE {2} END"),
    examples={"if(1 > 2, 'a', 'b')": "b", "if(false, 1)": None},
)


def _greatest(call: Call) -> str:
    """Null if one is; NaN is less than any number."""
    nulls = " OR ".join(f"{each} IS NULL" for each in call.arguments)
    listed = ", ".join(call.arguments)
    found = f"greatest({listed})"
    if call.bound["O"].kind in ("double", "real"):
        found = f"coalesce(list_max(list_filter([{listed}], lambda x: NOT isnan(x))), 'nan')"
    return f"CASE WHEN {nulls} THEN NULL ELSE {found} END"


CONDITIONAL.scalar(
    "greatest",
    ("O, O... -> O", _greatest),
    examples={
        "greatest(1, 3, 2)": "3", "greatest(1, null)": None, "greatest(nan(), 5)": "5.0", "greatest(nan(), nan())": "NaN",
    },
)  # fmt: skip
CONDITIONAL.scalar("least", _extreme("least"), examples={"least('b', 'a')": "a", "least(1, 2.5)": "1.0"})

REFUSED: dict[str, str] = {
    "hyperloglog": "approx_set cardinality_of_hll empty_approx_set merge",
    "qdigest": "qdigest_agg value_at_quantile values_at_quantiles",
    "tdigest": "tdigest_agg",
    "setdigest": "make_set_digest merge_set_digest hash_counts intersection_cardinality jaccard_index",
    "datasketches": "theta_sketch_cardinality theta_sketch_union",
    "color": "bar color render rgb",
    "teradata": "char2hexint index",
    "ml": "classify features learn_classifier learn_libsvm_classifier learn_libsvm_regressor learn_regressor regress",
    "geospatial": "bing_tile bing_tile_at bing_tile_coordinates bing_tile_polygon bing_tile_quadkey bing_tile_zoom_level "
    "bing_tiles_around convex_hull_agg from_encoded_polyline from_geojson_geometry geometry_collect_agg "
    "geometry_from_hadoop_shape geometry_invalid_reason geometry_nearest_points geometry_to_bing_tiles geometry_union "
    "geometry_union_agg great_circle_distance line_interpolate_point line_interpolate_points line_locate_point "
    "simplify_geometry spatial_partitioning spatial_partitions to_encoded_polyline to_geojson_geometry to_geometry "
    "to_spherical_geography "
    + " ".join(
        f"st_{name}"
        for name in [
            "area",
            "asbinary",
            "asewkb",
            "asewkt",
            "astext",
            "boundary",
            "buffer",
            "centroid",
            "collect",
            "contains",
            "convexhull",
            "coorddim",
            "crosses",
            "difference",
            "dimension",
            "disjoint",
            "distance",
            "endpoint",
            "envelope",
            "envelopeaspts",
            "equals",
            "exteriorring",
            "force2d",
            "force3d",
            "geometries",
            "geometryfromtext",
            "geometryn",
            "geometrytype",
            "geomfrombinary",
            "geomfromewkt",
            "geomfromkml",
            "interiorringn",
            "interiorrings",
            "intersection",
            "intersects",
            "isclosed",
            "isempty",
            "isring",
            "issimple",
            "isvalid",
            "length",
            "linefromtext",
            "linemerge",
            "linestring",
            "makeline",
            "makepolygon",
            "minimumboundingcircle",
            "multi",
            "multipoint",
            "normalize",
            "numgeometries",
            "numinteriorring",
            "numpoints",
            "orientedenvelope",
            "overlaps",
            "point",
            "pointn",
            "pointonsurface",
            "points",
            "polygon",
            "polygonize",
            "relate",
            "reduceprecision",
            "setsrid",
            "srid",
            "startpoint",
            "symdifference",
            "touches",
            "transform",
            "union",
            "voronoipolygons",
            "within",
            "x",
            "xmax",
            "xmin",
            "y",
            "ymax",
            "ymin",
            "z",
        ]
    ),
    "window": "classifier match_number first last prev next permute",
    "session": "version objectid objectid_timestamp timestamp_objectid current_groups",
    "multiset": "collect element fusion intersection set",
    "table": "exclude_columns",
}
_WHY = {
    "geospatial": "geometries are not supported here",
    "ml": "models are not supported here",
    "window": "MATCH_RECOGNIZE is not supported here",
}


def refused_topics() -> list[Topic]:
    """The pages of the reference of which no function is supported."""
    topics = []
    for name, functions in REFUSED.items():
        topic = Topic(name)
        topic.refuse(functions, _WHY.get(name, f"functions of the page {name} are not supported here"))
        topics.append(topic)
    return topics


__all__ = ["CONDITIONAL", "CONVERSION", "JSON_", "refused_topics"]
