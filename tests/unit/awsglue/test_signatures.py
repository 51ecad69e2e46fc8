"""Every public method of awslabs/aws-glue-libs takes the same arguments here, by position and by name.

`public_signatures.json` holds names and parameters of that library (branch main of 2026-08), not its code: `name=` has
a default. Left out of it: what reads a schema that Java wrote (`fromJsonValue`, merging of types, enumerations), and
`describe...`, which are made of the signatures themselves.
"""

import importlib
import inspect
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from awsglue import file_sinks
from awsglue.context_writing import WritingContext

SIGNATURES = json.loads(Path(__file__).with_name("public_signatures.json").read_text())
# made by the library itself, never by a script; or a part of its command line parser
INTERNAL = {
    "awsglue.data_sink.DataSink.__init__": "made by getSink",
    "awsglue.data_source.DataSource.__init__": "made by getSource",
    "awsglue.dataframereader.DataFrameReader.__init__": "made by GlueContext",
    "awsglue.dynamicframe.DynamicFrameReader.__init__": "made by GlueContext",
    "awsglue.dynamicframe.DynamicFrameWriter.__init__": "made by GlueContext",
    "awsglue.utils.GlueArgumentParser.error": "argparse is not used",
    "awsglue.utils.callsite": "for Java's error records",
    "awsglue.utils.makeOptions": "for Java's options",
}


def found(name, glue_context):
    """What a script gets by that name: methods of readers and writers from the context's own."""
    package, file, *path = name.split(".")
    owners = {
        "DynamicFrameReader": glue_context.create_dynamic_frame,
        "DataFrameReader": glue_context.create_data_frame,
        "DynamicFrameWriter": glue_context.write_dynamic_frame,
    }
    if path[0] in owners:
        return getattr(owners[path[0]], path[1])
    thing = importlib.import_module(f"{package}.{file}")
    for part in path:
        thing = getattr(thing, part)
    return thing


@pytest.mark.parametrize("name", [name for name in SIGNATURES if name not in INTERNAL])
def test_arguments_are_those_of_the_public_library(name, glue_context):
    wanted = [part for part in SIGNATURES[name].split(", ") if part]
    thing = found(name, glue_context)
    ours = list(inspect.signature(thing).parameters.values())
    if ours and ours[0].name in ("self", "cls"):
        ours = ours[1:]
    takes_any = {parameter.kind for parameter in ours}
    if inspect.Parameter.VAR_POSITIONAL in takes_any and inspect.Parameter.VAR_KEYWORD in takes_any:
        return  # refused by name, whatever it is given; or handed on
    names = [parameter.name for parameter in ours]
    for position, part in enumerate(wanted):
        if part.startswith("**"):
            assert inspect.Parameter.VAR_KEYWORD in takes_any, f"{name} takes no other keywords"
        elif part.startswith("*"):
            assert inspect.Parameter.VAR_POSITIONAL in takes_any
        else:
            assert names[position : position + 1] == [part.rstrip("=")], f"{name}: {names}"
            is_optional = ours[position].default is not inspect.Parameter.empty
            assert is_optional or not part.endswith("="), f"{name}: {part} has no default"
    more = [p for p in ours[len([part for part in wanted if "*" not in part]) :] if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert all(parameter.default is not inspect.Parameter.empty for parameter in more)


def test_arguments_that_the_library_ignores_stop_no_write(monkeypatch, capsys):
    written = []
    monkeypatch.setattr(file_sinks, "write_table", lambda *given: written.append(given))
    table = SimpleNamespace(definition=lambda *_: {"Name": "t", "Parameters": {"classification": "csv"}})
    sink = SimpleNamespace(format=None, setFormat=lambda _: None, write=written.append)
    context = SimpleNamespace(catalog=table, getSink=lambda *_, **__: sink)
    WritingContext.write_dynamic_frame_from_catalog(context, "frame", "lake", "t", format="csv")
    WritingContext.write_from_options(context, "frame", "s3", {"path": "s3://lake/"}, accumulator_size=5, mode="append")
    assert len(written) == 2
    told = capsys.readouterr().err
    assert "write_dynamic_frame_from_catalog: format has no effect" in told
    assert "write_from_options: mode has no effect" in told
