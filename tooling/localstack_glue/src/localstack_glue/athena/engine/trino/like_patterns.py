"""LIKE, whose escape character Trino checks where DuckDB does not."""

from localstack_glue.athena.engine.trino.casts import failure


def like(word: str, value: str, pattern: str, escape: str | None) -> str:
    """SQL of LIKE or NOT LIKE, as `word` says, over three texts; an escape that Trino refuses fails the query."""
    if escape is None:
        return f"({value} {word} {pattern})"
    long = failure("INVALID_FUNCTION_ARGUMENT", "'Escape string must be a single character'")
    bad = failure(
        "INVALID_FUNCTION_ARGUMENT",
        "'Escape character must be followed by ''%'', ''_'' or the escape character itself'",
    )
    # without its pairs, a pattern has no escape character left
    rest = pattern
    for second in (escape, "'%'", "'_'"):
        rest = f"replace({rest}, {escape} || {second}, '')"
    found = f"({value} {word} {pattern} ESCAPE {escape})"
    return f"CASE WHEN length({escape}) <> 1 THEN {long} WHEN contains({rest}, {escape}) THEN {bad} ELSE {found} END"
