"""Storage formats by their names in DDL: the classes that the catalog holds for each."""

from dataclasses import dataclass

from localstack_glue.service.models import JsonDict

_TEXT = "org.apache.hadoop.mapred.TextInputFormat"
_IGNORE_KEY = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


@dataclass(frozen=True, slots=True)
class StorageFormat:
    """A format's SerDe and its classes for input and output."""

    serde: str
    input_format: str
    output_format: str

    def descriptor(self) -> JsonDict:
        """The part of a StorageDescriptor that names them."""
        return {
            "InputFormat": self.input_format,
            "OutputFormat": self.output_format,
            "SerdeInfo": {"SerializationLibrary": self.serde, "Parameters": {}},
        }


_HIVE = "org.apache.hadoop.hive.ql.io"
TEXT = StorageFormat("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", _TEXT, _IGNORE_KEY)
PARQUET = StorageFormat(
    f"{_HIVE}.parquet.serde.ParquetHiveSerDe",
    f"{_HIVE}.parquet.MapredParquetInputFormat",
    f"{_HIVE}.parquet.MapredParquetOutputFormat",
)
OPENX_JSON = StorageFormat(
    "org.openx.data.jsonserde.JsonSerDe", _TEXT, "org.apache.hadoop.hive.ql.io.IgnoreKeyTextOutputFormat"
)
FORMATS = {
    "TEXTFILE": TEXT,
    "PARQUET": PARQUET,
    "JSON": StorageFormat("org.apache.hive.hcatalog.data.JsonSerDe", _TEXT, _IGNORE_KEY),
    "ORC": StorageFormat(f"{_HIVE}.orc.OrcSerde", f"{_HIVE}.orc.OrcInputFormat", f"{_HIVE}.orc.OrcOutputFormat"),
    "AVRO": StorageFormat(
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
        f"{_HIVE}.avro.AvroContainerInputFormat",
        f"{_HIVE}.avro.AvroContainerOutputFormat",
    ),
}
# the words after STORED AS; JSON has none
STORED_AS = {**{name: one for name, one in FORMATS.items() if name != "JSON"}, "PARQUETFILE": PARQUET}
