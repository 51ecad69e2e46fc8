"""Functions of texts, regular expressions, URLs and binaries."""

# ruff: noqa: E501 - a row of the table is a line

from localstack_glue.athena.engine.trino.casts import failure
from localstack_glue.athena.engine.trino.functions.model import Call, Topic, overload

STRINGS, REGEXP, URLS, BINARY = Topic("string"), Topic("regexp"), Topic("url"), Topic("binary")
UUIDS = Topic("uuid")

# ---------------------------------------------------------------------------- string


def _all(call: Call) -> str:
    return f"({' || '.join(call.arguments)})"


STRINGS.scalar("chr", ("bigint -> varchar(1)", "chr(CAST({0} AS INTEGER))"), examples={"chr(65)": "A"})
_NO_CHARACTER = failure("INVALID_FUNCTION_ARGUMENT", "'Input string must be a single character string'")
STRINGS.scalar(
    "codepoint",
    (
        "varchar -> integer",
        f"CASE WHEN length({{0}}) = 1 THEN unicode({{0}}) WHEN {{0}} IS NOT NULL THEN {_NO_CHARACTER} END",
    ),
    examples={"codepoint('A')": "65"},
)
STRINGS.scalar(
    "concat",
    ("varchar, varchar, varchar... -> varchar", _all),
    ("varbinary, varbinary, varbinary... -> varbinary", _all),
    ("array(T), array(T), array(T)... -> array(T)", _all),
    ("array(T), T -> array(T)", "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN list_append({0}, {1}) END"),
    ("T, array(T) -> array(T)", "CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN list_prepend({0}, {1}) END"),
    examples={
        "concat('a', 'b', 'c')": "abc",
        "concat('a', null)": None,
        "concat(array[1], array[2, 3])": "[1, 2, 3]",
        "concat(array[1], 2)": "[1, 2]",
        "concat(array[1], cast(null as integer))": None,
        "concat(cast(null as array(integer)), 1)": None,
    },
)
STRINGS.scalar(
    "concat_ws",
    ("varchar, array(varchar) -> varchar", "CASE WHEN {0} IS NULL OR {1} IS NULL THEN NULL ELSE coalesce(array_to_string({1}, {0}), '') END"),
    ("varchar, varchar... -> varchar", lambda call: f"CASE WHEN {call.arguments[0]} IS NULL THEN NULL ELSE concat_ws({', '.join(call.arguments)}) END"),
    examples={"concat_ws('-', 'a', null, 'b')": "a-b", "concat_ws(',', array['x', 'y'])": "x,y", "concat_ws(null, 'a')": None},
)  # fmt: skip
STRINGS.scalar(
    "ends_with", ("varchar, varchar -> boolean", "ends_with({0}, {1})"), examples={"ends_with('abc', 'bc')": "true"}
)
STRINGS.scalar(
    "starts_with",
    ("varchar, varchar -> boolean", "starts_with({0}, {1})"),
    examples={"starts_with('abc', 'ab')": "true"},
)
_UNEQUAL = failure(
    "INVALID_FUNCTION_ARGUMENT", "'The input strings to hamming_distance function must have the same length'"
)
STRINGS.scalar(
    "hamming_distance",
    (
        "varchar, varchar -> bigint",
        f"CASE WHEN length({{0}}) = length({{1}}) THEN py_hamming({{0}}, {{1}}) WHEN length({{0}}) <> length({{1}}) THEN {_UNEQUAL} END",
    ),
    examples={"hamming_distance('karolin', 'kathrin')": "3", "hamming_distance('für', 'fur')": "1"},
)
STRINGS.scalar(
    "length",
    ("varchar -> bigint", "length({0})"),
    ("varbinary -> bigint", "octet_length({0})"),
    examples={"length('größe')": "5", "length(to_utf8('ö'))": "2"},
)
STRINGS.scalar(
    "levenshtein_distance",
    ("varchar, varchar -> bigint", "py_levenshtein({0}, {1})"),
    examples={"levenshtein_distance('kitten', 'sitting')": "3", "levenshtein_distance('größe', 'grosse')": "3"},
)
STRINGS.scalar(
    "lower", overload("varchar -> varchar", "lower({0})", lambda call: call.types[0]), examples={"lower('AbC')": "abc"}
)
# character by character: a character without a single upper-case one stays unchanged
_UPPER = "CASE WHEN contains({0}, 'ß') THEN array_to_string(list_transform(string_split({0}, 'ß'), lambda part: upper(part)), 'ß') ELSE upper({0}) END"
STRINGS.scalar(
    "upper",
    overload("varchar -> varchar", _UPPER, lambda call: call.types[0]),
    examples={"upper('AbC')": "ABC", "upper('Straße')": "STRAßE"},
)


def _padded(side: str) -> str:
    bad = failure("INVALID_FUNCTION_ARGUMENT", "'Padding string must not be empty'")
    short = failure("INVALID_FUNCTION_ARGUMENT", "'Target length must be in the range [0..2147483647]'")
    return f"CASE WHEN {{2}} = '' THEN {bad} WHEN {{1}} < 0 THEN {short} ELSE {side}({{0}}, CAST({{1}} AS INTEGER), {{2}}) END"


STRINGS.scalar(
    "lpad",
    ("varchar, bigint, varchar -> varchar", _padded("lpad")),
    examples={"lpad('7', 3, '0')": "007", "lpad('abc', 2, 'x')": "ab"},
)
STRINGS.scalar("rpad", ("varchar, bigint, varchar -> varchar", _padded("rpad")), examples={"rpad('7', 3, 'xy')": "7xy"})


# Java's white space
_BLANKS = " || ".join(f"chr({code})" for code in (*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), *range(0x2008, 0x200B), 0x2028, 0x2029, 0x205F, 0x3000))  # fmt: skip


def _trim(side: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (
        ("varchar -> varchar", f"{side}({{0}}, {_BLANKS})"),
        ("varchar, varchar -> varchar", f"{side}({{0}}, {{1}})"),
    )


STRINGS.scalar(
    "trim",
    *_trim("trim"),
    examples={"trim('  a ')": "a", "trim(both 'x' from 'xax')": "a", "trim('!' from '!a!')": "a"},
)
STRINGS.scalar("ltrim", *_trim("ltrim"), examples={"ltrim('  a ')": "a ", "trim(leading 'x' from 'xax')": "ax"})
STRINGS.scalar("rtrim", *_trim("rtrim"), examples={"rtrim(' a  ')": " a", "trim(trailing from 'a  ')": "a"})
STRINGS.scalar(
    "luhn_check",
    ("varchar -> boolean", "py_luhn_check({0})"),
    examples={"luhn_check('79927398713')": "true", "luhn_check('79927398714')": "false"},
)
STRINGS.scalar(
    "position",
    ("varchar, varchar -> bigint", "strpos({1}, {0})"),
    examples={"position('b' in 'abc')": "2", "position('z' in 'abc')": "0"},
)
STRINGS.scalar(
    "replace",
    ("varchar, varchar -> varchar", "replace({0}, {1}, '')"),
    ("varchar, varchar, varchar -> varchar", "py_replace({0}, {1}, {2})"),
    examples={"replace('abcb', 'b')": "ac", "replace('abcb', 'b', 'x')": "axcx", "replace('ab', '', '-')": "-a-b-"},
)
STRINGS.scalar(
    "reverse",
    ("varchar -> varchar", "array_to_string(list_reverse(string_split({0}, '')), '')"),
    ("array(T) -> array(T)", "list_reverse({0})"),
    ("varbinary -> varbinary", "py_reverse_bytes({0})"),
    examples={"reverse('abc')": "cba", "reverse(array[1, 2, 3])": "[3, 2, 1]"},
)
STRINGS.scalar(
    "soundex",
    ("varchar -> varchar", "py_soundex({0})"),
    examples={"soundex('Robert')": "R163", "soundex('Tymczak')": "T522"},
)
STRINGS.scalar(
    "split",
    ("varchar, varchar -> array(varchar)", "py_split({0}, {1}, NULL)"),
    ("varchar, varchar, bigint -> array(varchar)", "CASE WHEN {2} IS NOT NULL THEN py_split({0}, {1}, {2}) END"),
    examples={"split('a,b,,c', ',')": "[a, b, , c]", "split('a,b,c', ',', 2)": "[a, b,c]"},
)
STRINGS.scalar(
    "split_part",
    ("varchar, varchar, bigint -> varchar", "py_split_part({0}, {1}, {2})"),
    examples={"split_part('a/b', '/', 2)": "b", "split_part('a/b', '/', 3)": None, "split_part('', '/', 1)": ""},
)
STRINGS.scalar(
    "split_to_map",
    ("varchar, varchar, varchar -> map(varchar,varchar)", "py_split_to_map({0}, {1}, {2})"),
    examples={"split_to_map('a=1;b=2', ';', '=')": "{a=1, b=2}", "split_to_map('', ';', '=')": "{}"},
)
STRINGS.scalar(
    "split_to_multimap",
    ("varchar, varchar, varchar -> map(varchar,array(varchar))", "py_split_to_multimap({0}, {1}, {2})"),
    examples={"split_to_multimap('a=1;b=2;a=3', ';', '=')": "{a=[1, 3], b=[2]}"},
)
STRINGS.scalar(
    "strpos",
    ("varchar, varchar -> bigint", "strpos({0}, {1})"),
    ("varchar, varchar, bigint -> bigint", "py_strpos({0}, {1}, {2})"),
    examples={
        "strpos('a.b.c', '.')": "2",
        "strpos('a.b.c', '.', 2)": "4",
        "strpos('a.b.c', '.', -1)": "4",
        "strpos('abc', 'z')": "0",
    },
)
_SUBSTRING = (
    ("varchar, bigint -> varchar", "CASE WHEN {1} = 0 OR {1} < -length({0}) THEN substr({0}, 1, 0) ELSE substr({0}, {1}) END"),
    ("varchar, bigint, bigint -> varchar", "CASE WHEN {1} = 0 OR {1} < -length({0}) OR ({2} <= 0 AND {1} IS NOT NULL) THEN substr({0}, 1, 0) ELSE substr({0}, {1}, {2}) END"),
)  # fmt: skip
STRINGS.scalar("substr", *_SUBSTRING, ("varbinary, bigint, bigint -> varbinary", "py_substr_bytes({0}, {1}, {2})"), ("varbinary, bigint -> varbinary", "py_substr_bytes({0}, {1}, NULL)"), examples={"substr('delivery', 1, 3)": "del", "substr('abc', -2)": "bc", "substr('abc', 0)": "", "substr('abc', -5)": "", "substr('abc', 2, -1)": "", "substr('abc', null, -1)": None})  # fmt: skip
STRINGS.scalar("substring", *_SUBSTRING, examples={"substring('abc' from 2 for 1)": "b", "substring('abc', 2)": "bc"})
STRINGS.scalar(
    "translate",
    ("varchar, varchar, varchar -> varchar", "translate({0}, {1}, {2})"),
    examples={"translate('abcd', 'ac', 'z')": "zbd", "translate('abcda', 'a', 'z')": "zbcdz"},
)
STRINGS.scalar(
    "normalize",
    ("varchar -> varchar", "nfc_normalize({0})"),
    ("varchar, varchar -> varchar", "py_normalize({0}, {1})"),
    examples={"length(normalize('é', NFD))": "2", "normalize('schön')": "schön"},
)
STRINGS.scalar("to_utf8", ("varchar -> varbinary", "encode({0})"), examples={"to_hex(to_utf8('ab'))": "6162"})
STRINGS.scalar(
    "from_utf8",
    ("varbinary -> varchar", "py_from_utf8({0}, NULL)"),
    ("varbinary, varchar -> varchar", "CASE WHEN {1} IS NOT NULL THEN py_from_utf8({0}, {1}) END"),
    ("varbinary, bigint -> varchar", "CASE WHEN {1} IS NOT NULL THEN py_from_utf8({0}, chr(CAST({1} AS INTEGER))) END"),
    examples={
        "from_utf8(to_utf8('aö'))": "aö",
        "from_utf8(from_hex('58DF'), 35)": "X#",
        "from_utf8(from_hex('61FF'), '?')": "a?",
    },
)
STRINGS.refuse("word_stem", "stemmers of other languages are not included")
STRINGS.refuse("title_case overlay", "Athena's engine does not have it")

# ---------------------------------------------------------------------------- regexp

REGEXP.scalar(
    "regexp_count",
    ("varchar, varchar -> bigint", "py_regexp_count({0}, {1})"),
    examples={"regexp_count('1a 2b 14m', '\\s*[a-z]+\\s*')": "3"},
)
REGEXP.scalar(
    "regexp_extract",
    ("varchar, varchar -> varchar", "py_regexp_extract({0}, {1}, 0)"),
    ("varchar, varchar, bigint -> varchar", "py_regexp_extract({0}, {1}, {2})"),
    examples={
        "regexp_extract('1a 2b 14m', '\\d+')": "1",
        "regexp_extract('1a', '(\\d+)([a-z]+)', 2)": "a",
        "regexp_extract('abc', '\\d+')": None,
    },
)
REGEXP.scalar(
    "regexp_extract_all",
    ("varchar, varchar -> array(varchar)", "py_regexp_extract_all({0}, {1}, 0)"),
    ("varchar, varchar, bigint -> array(varchar)", "py_regexp_extract_all({0}, {1}, {2})"),
    examples={
        "regexp_extract_all('1a 2b 14m', '\\d+')": "[1, 2, 14]",
        "regexp_extract_all('1a 2b', '(\\d+)([a-z]+)', 2)": "[a, b]",
    },
)
REGEXP.scalar(
    "regexp_like",
    ("varchar, varchar -> boolean", "py_regexp_like({0}, {1})"),
    examples={"regexp_like('1a 2b', '\\d+b')": "true", "regexp_like('aa', '^(?=a)a+$')": "true"},
)
REGEXP.scalar(
    "regexp_position",
    ("varchar, varchar -> bigint", "py_regexp_position({0}, {1}, 1, 1)"),
    ("varchar, varchar, bigint -> bigint", "py_regexp_position({0}, {1}, {2}, 1)"),
    ("varchar, varchar, bigint, bigint -> bigint", "py_regexp_position({0}, {1}, {2}, {3})"),
    examples={
        "regexp_position('I have 23 apples', '\\d+')": "8",
        "regexp_position('1 2 3', '\\d', 1, 3)": "5",
        "regexp_position('a', 'z')": "-1",
    },
)


def _replaced_one_by_one(call: Call) -> str:
    """Each match is replaced by a lambda's result for its groups; null if one result is null."""
    groups, body = call.arguments[2].removeprefix("lambda ").split(": ", 1)
    replacement = f"list_transform([piece.groups], lambda {groups}: {body})[1]"
    pieces = f"py_regexp_pieces({call.arguments[0]}, {call.arguments[1]})"
    parts = f"list_transform({pieces}, lambda piece: piece.before || CASE WHEN piece.groups IS NULL THEN '' ELSE {replacement} END)"
    whole = "list_contains(list_transform(parts, lambda part: part IS NULL), true)"
    return (
        f"list_transform([{parts}], lambda parts: CASE WHEN {whole} THEN NULL ELSE array_to_string(parts, '') END)[1]"
    )


REGEXP.scalar(
    "regexp_replace",
    ("varchar, varchar -> varchar", "py_regexp_replace({0}, {1}, '')"),
    ("varchar, varchar, varchar -> varchar", "py_regexp_replace({0}, {1}, {2})"),
    ("varchar, varchar, function(array(varchar),varchar) -> varchar", _replaced_one_by_one),
    examples={"regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))": "New York", "regexp_replace('1a 2b', '\\d+[ab] ?')": "", "regexp_replace('a1', '(\\d)', '<$1>')": "a<1>", "regexp_replace('ab', '(?<x>a)', '${x}${x}')": "aab", "regexp_replace('x', 'x', '\\$')": "$"},
)  # fmt: skip
REGEXP.scalar(
    "regexp_split",
    ("varchar, varchar -> array(varchar)", "py_regexp_split({0}, {1})"),
    examples={"regexp_split('1a 2b 14m', '\\s*[a-z]+\\s*')": "[1, 2, 14, ]"},
)

# ---------------------------------------------------------------------------- url

for _part, _answer in (
    ("protocol", "http"),
    ("host", "example.com"),
    ("path", "/a b"),
    ("query", "k=v&x"),
    ("fragment", "f"),
):
    URLS.scalar(f"url_extract_{_part}", ("varchar -> varchar", f"py_url_extract({{0}}, '{_part}')"), examples={f"url_extract_{_part}('http://example.com:80/a%20b?k=v&x#f')": _answer})  # fmt: skip
URLS.scalar(
    "url_extract_port",
    ("varchar -> bigint", "CAST(py_url_extract({0}, 'port') AS BIGINT)"),
    examples={"url_extract_port('http://example.com:80/')": "80", "url_extract_port('http://example.com/')": None},
)
URLS.scalar(
    "url_extract_parameter",
    ("varchar, varchar -> varchar", "py_url_parameter({0}, {1})"),
    examples={
        "url_extract_parameter('http://x/?k1=v1&k2&k1=v2', 'k1')": "v1",
        "url_extract_parameter('http://x/?k2', 'k2')": "",
    },
)
URLS.scalar(
    "url_encode", ("varchar -> varchar", "py_url_encode({0})"), examples={"url_encode('a b/c~*')": "a+b%2Fc%7E*"}
)
URLS.scalar("url_decode", ("varchar -> varchar", "py_url_decode({0})"), examples={"url_decode('a+b%2Fc')": "a b/c"})

# ---------------------------------------------------------------------------- binary

BINARY.scalar("from_hex", ("varchar -> varbinary", "py_from_hex({0})"), examples={"from_hex('6162')": "61 62"})
BINARY.scalar("to_hex", ("varbinary -> varchar", "hex({0})"), examples={"to_hex(from_hex('6a'))": "6A"})
BINARY.scalar(
    "from_base64", ("varchar -> varbinary", "py_from_base64({0})"), examples={"from_utf8(from_base64('YWI='))": "ab"}
)
BINARY.scalar("to_base64", ("varbinary -> varchar", "to_base64({0})"), examples={"to_base64(to_utf8('ab'))": "YWI="})
BINARY.scalar(
    "from_base64url",
    ("varchar -> varbinary", "py_from_base64(translate({0}, '-_', '+/'))"),
    examples={"to_hex(from_base64url('_-8='))": "FFEF"},
)
BINARY.scalar(
    "to_base64url",
    ("varbinary -> varchar", "translate(to_base64({0}), '+/', '-_')"),
    examples={"to_base64url(from_hex('FFEF'))": "_-8="},
)
BINARY.scalar(
    "from_base32",
    ("varchar -> varbinary", "py_from_base32({0})"),
    examples={"from_utf8(from_base32('MFRGG==='))": "abc"},
)
BINARY.scalar(
    "to_base32", ("varbinary -> varchar", "py_to_base32({0})"), examples={"to_base32(to_utf8('abc'))": "MFRGG==="}
)
BINARY.scalar(
    "md5",
    ("varbinary -> varbinary", "unhex(md5({0}))"),
    examples={"to_hex(md5(to_utf8('a')))": "0CC175B9C0F1B6A831C399E269772661"},
)
BINARY.scalar(
    "sha1",
    ("varbinary -> varbinary", "unhex(sha1({0}))"),
    examples={"to_hex(sha1(to_utf8('a')))": "86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8"},
)
BINARY.scalar(
    "sha256",
    ("varbinary -> varbinary", "unhex(sha256({0}))"),
    examples={"substr(to_hex(sha256(to_utf8('a'))), 1, 8)": "CA978112"},
)
BINARY.scalar(
    "sha512",
    ("varbinary -> varbinary", "py_sha512({0})"),
    examples={"substr(to_hex(sha512(to_utf8('a'))), 1, 8)": "1F40FC92"},
)
BINARY.scalar(
    "xxhash64",
    ("varbinary -> varbinary", "py_xxhash64({0})"),
    examples={
        "to_hex(xxhash64(to_utf8('')))": "EF46DB3751D8E999",
        "to_hex(xxhash64(to_utf8('a')))": "D24EC4F1A98C6E5B",
    },
)
BINARY.scalar("crc32", ("varbinary -> bigint", "py_crc32({0})"), examples={"crc32(to_utf8('a'))": "3904355907"})
for _hash, _start in (("md5", "9D5C73EF"), ("sha1", "A4A9D7D2"), ("sha256", "9C196E32"), ("sha512", "7B9E6B1F")):
    BINARY.scalar(f"hmac_{_hash}", ("varbinary, varbinary -> varbinary", f"py_hmac({{0}}, {{1}}, '{_hash}')"), examples={f"length(hmac_{_hash}(to_utf8('a'), to_utf8('k')))": {"md5": "16", "sha1": "20", "sha256": "32", "sha512": "64"}[_hash]})  # fmt: skip
for _bits, _kind in ((32, "integer"), (64, "bigint")):
    BINARY.scalar(f"to_big_endian_{_bits}", (f"{_kind} -> varbinary", f"py_to_big_endian(CAST({{0}} AS BIGINT), {_bits})"), examples={f"length(to_big_endian_{_bits}(1))": str(_bits // 8)})  # fmt: skip
    BINARY.scalar(f"from_big_endian_{_bits}", (f"varbinary -> {_kind}", f"CAST(py_from_big_endian({{0}}, {_bits}) AS {_kind.upper()})"), examples={f"from_big_endian_{_bits}(to_big_endian_{_bits}(-7))": "-7"})  # fmt: skip
for _bits, _kind in ((32, "real"), (64, "double")):
    BINARY.scalar(f"to_ieee754_{_bits}", (f"{_kind} -> varbinary", f"py_to_ieee754(CAST({{0}} AS DOUBLE), {_bits})"), examples={f"length(to_ieee754_{_bits}(1e0))": str(_bits // 8)} if _bits == 64 else {"to_hex(to_ieee754_32(real '1'))": "3F800000"})  # fmt: skip
    BINARY.scalar(f"from_ieee754_{_bits}", (f"varbinary -> {_kind}", f"CAST(py_from_ieee754({{0}}, {_bits}) AS {'FLOAT' if _bits == 32 else 'DOUBLE'})"), examples={f"from_ieee754_{_bits}(to_ieee754_{_bits}({_kind} '1.5'))": "1.5"})  # fmt: skip
BINARY.refuse("murmur3 spooky_hash_v2_32 spooky_hash_v2_64", "the hash is not implemented here")
UUIDS.scalar("uuid", (" -> uuid", "CAST(uuid() AS VARCHAR)"), examples={"length(cast(uuid() as varchar))": "36"})
