"""Deterministic Spark 3.5 functions that work on a single row, with the kinds of their arguments and results.

Kinds: t text, n number, i a whole number written out, d date, s timestamp, b boolean, x any, and = for the kind of the
arguments marked ``=``, which must be one kind. ``?`` marks arguments that may be left out, ``+`` one that may be
repeated. https://spark.apache.org/docs/3.5.6/api/sql/
"""

from __future__ import annotations

ROW_FUNCTIONS: dict[str, tuple[str, str]] = {
    name: (takes, gives)
    for names, takes, gives in (
        ("lower upper lcase ucase trim ltrim rtrim initcap reverse soundex md5 sha sha1", "t", "t"),
        ("length char_length character_length octet_length bit_length ascii crc32", "t", "n"),
        ("levenshtein instr", "tt", "n"),
        ("locate", "tti?", "n"),
        ("substring substr", "tii?", "t"),
        ("left right repeat", "ti", "t"),
        ("lpad rpad", "tit?", "t"),
        ("concat", "t+", "t"),
        ("concat_ws", "tt+", "t"),
        ("replace", "ttt?", "t"),
        ("translate", "ttt", "t"),
        ("split_part substring_index", "tti", "t"),
        ("startswith endswith contains", "tt", "b"),
        ("abs ceil ceiling floor sign signum sqrt cbrt exp ln log10 log2 radians degrees", "n", "n"),
        ("round bround", "ni?", "n"),
        ("power pow mod pmod", "nn", "n"),
        ("isnan", "n", "b"),
        ("greatest least", "==+", "="),
        ("year quarter month day dayofmonth dayofweek dayofyear weekofyear weekday hour minute second", "d", "n"),
        ("date_add date_sub add_months", "di", "d"),
        ("datediff months_between", "dd", "n"),
        ("last_day", "d", "d"),
        ("to_date date", "d", "d"),
        ("to_timestamp timestamp", "d", "s"),
        ("isnull isnotnull", "x", "b"),
        ("coalesce", "=+", "="),
        ("ifnull nvl nullif", "==", "="),
        ("nvl2", "x==", "="),
        ("if", "b==", "="),
        ("hash xxhash64", "x+", "n"),
    )
    for name in names.split()
}
