"""The register of keys: the folders with the keys of each published delivery.

A run's valid rows stay in its staging folder after it is published: they are the register of its deliveries' keys. The
folder of each delivery is a property of the curated table and changes in the same commit as its rows.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from etl_job.tables.property_names import KEY_REGISTER_FILES, KEY_REGISTERS
from etl_job.tables.property_values import read_numbers, read_texts

FOLDER = "keys"  # below the curated table's location


@dataclass(frozen=True, slots=True)
class Registers:
    """The folder with the keys of each delivery: a staging folder.

    ``files`` has the number of files with keys in each folder, if the version that made it recorded it.
    """

    folders: Mapping[str, str]
    files: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, properties: Mapping[str, str], table_location: str) -> "Registers":
        """Read them from the curated table's properties.

        Raises:
            TableRecordError: a property is not what the job wrote.
        """
        named = read_texts(properties, KEY_REGISTERS, table_location)
        counted = read_numbers(properties, KEY_REGISTER_FILES, table_location)
        return cls(
            {delivery: f"{table_location}/{FOLDER}/{name}" for delivery, name in named.items()},
            {f"{table_location}/{FOLDER}/{name}": number for name, number in counted.items()},
        )

    @property
    def properties(self) -> dict[str, str]:
        """As the curated table's properties. Folders are named below its location, which may be copied elsewhere."""
        named = {delivery: _last_part(folder) for delivery, folder in sorted(self.folders.items())}
        used = sorted(set(self.folders.values()) & self.files.keys())
        return {
            KEY_REGISTERS: json.dumps(named),
            KEY_REGISTER_FILES: json.dumps({_last_part(folder): self.files[folder] for folder in used}),
        }

    @property
    def by_folder(self) -> dict[str, list[str]]:
        """The deliveries whose keys are in each folder."""
        found = defaultdict[str, list[str]](list)
        for delivery, folder in self.folders.items():
            found[folder].append(delivery)
        return found

    def of(self, deliveries: Sequence[str]) -> "Registers":
        """The registers of some deliveries only."""
        kept = {name: folder for name, folder in self.folders.items() if name in deliveries}
        return Registers(kept, self.files)

    def without(self, deliveries: Sequence[str]) -> "Registers":
        """The registers of all but some deliveries."""
        kept = {name: folder for name, folder in self.folders.items() if name not in deliveries}
        return Registers(kept, self.files)

    def and_those_in(self, folder: str, deliveries: Sequence[str], files: int) -> "Registers":
        """The registers plus a folder with this number of files for these deliveries."""
        return Registers({**self.folders, **dict.fromkeys(deliveries, folder)}, {**self.files, folder: files})


def _last_part(folder: str) -> str:
    return folder.rpartition("/")[2]
