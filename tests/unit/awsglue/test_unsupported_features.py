"""What is refused before a script runs; Spark is not needed for it."""

import pytest

from awsglue import unsupported_features
from awsglue.errors import GlueUnsupportedError

READ = 'frame = glueContext.create_dynamic_frame.from_options(connection_type="s3", format="{}")\n'
WRITE = 'glueContext.write_dynamic_frame.from_options(frame=frame, connection_type="{}", connection_options={{}})\n'


@pytest.mark.parametrize(
    ("script", "named"),
    [
        (READ.format("csv") + WRITE.format("dynamodb"), r"the connection type dynamodb \(line 2\)"),
        (READ.format("csv") + WRITE.format("redshift"), r"the connection type redshift; .*PostgreSQL \(line 2\)"),
        (READ.format("avro"), r"the format avro \(line 1\)"),
        ('sink = c.getSink(path="s3://x", connection_type="kinesis")', "the connection type kinesis"),
        ('c.create_data_frame_from_options(connection_type="kafka").show()', "the connection type kafka"),
        ('x = f(g.from_options(connection_type="opensearch"))', "the connection type opensearch"),
    ],
)
def test_call_that_is_sure_to_come_is_refused(script, named):
    with pytest.raises(GlueUnsupportedError, match=named):
        unsupported_features.refuse(script)


@pytest.mark.parametrize(
    "script",
    [
        READ.format("parquet") + WRITE.format("s3") + WRITE.format("postgresql"),
        "if count > 0:\n    " + WRITE.format("dynamodb"),
        "def write():\n    " + WRITE.format("dynamodb"),
        "try:\n    " + WRITE.format("dynamodb") + "except Exception:\n    pass",
        "later = lambda: " + WRITE.format("dynamodb"),
        "if done:\n    sys.exit(0)\n" + WRITE.format("dynamodb"),
        "count and " + WRITE.format("dynamodb"),
        'kind = "dynamodb"\nc.write_dynamic_frame.from_options(frame, connection_type=kind)',
        'df.write.options(connection_type="dynamodb")',
        'client.from_options(connection_type=None, format="x")',
        "print 'Python 2'",
    ],
)
def test_call_that_may_not_come_is_left_to_the_run(script):
    unsupported_features.refuse(script)


def test_chain_of_calls_may_be_long():
    unsupported_features.refuse("frame = frame" + ".withColumn('a', b)" * 600)
    unsupported_features.refuse("total = " + " + ".join(["1"] * 5000))
    unsupported_features.refuse("x = " + "(" * 5000 + ")" * 5000)
