#!/usr/bin/env bash
# In sqlglot's tree of `x NOT LIKE y` there is no Not: it is the Like itself that says so, in an argument.
#
# sqlglot 30.30.0: NOT LIKE is Like(this, expression, negate=True), while NOT IN and NOT BETWEEN are Not(In) and Not(Between). Whoever
# walks the tree and answers a Like by its two operands answers NOT LIKE as LIKE. Turning the tree back into SQL hides it: the
# generator knows the argument.
#
# Output seen: NOT LIKE: Like, negate True; NOT IN: Not; NOT BETWEEN: Not
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check sqlglot==30.30.0
cd "$work"
"$work/venv/bin/python" - <<'PY'
import sqlglot

like, among, between = (
    sqlglot.parse_one(f"select 1 where a {condition}", read="trino").args["where"].this
    for condition in ("NOT LIKE 'x%'", "NOT IN ('x')", "NOT BETWEEN 'x' AND 'y'")
)
print(
    f"NOT LIKE: {type(like).__name__}, negate {like.args.get('negate')};"
    f" NOT IN: {type(among).__name__}; NOT BETWEEN: {type(between).__name__}"
)
if type(like).__name__ != "Like" or not like.args.get("negate"):
    raise SystemExit("changed: NOT LIKE is a Not again")
PY
