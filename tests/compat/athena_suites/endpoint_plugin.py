"""pytest plugin for clients' own tests: what of them does not follow AWS_ENDPOINT_URL is told the endpoint here.

It is loaded in the environment of those tests, by `run.py`. Polling is quickened: the clients ask once a second.
"""

import os
from contextlib import suppress

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

with suppress(ImportError):
    from pyarrow import fs

    class S3FileSystem(fs.S3FileSystem):
        """PyArrow's, which does not read the endpoint from the environment."""

        def __init__(self, *arguments, **options):
            options.setdefault("endpoint_override", ENDPOINT)
            super().__init__(*arguments, **options)

    fs.S3FileSystem = S3FileSystem

with suppress(ImportError):
    from pyiceberg.catalog.glue import GlueCatalog

    made = GlueCatalog.__init__

    def make(self, name, client=None, **properties):
        """Make a catalog whose files lie at the endpoint."""
        own = {
            "s3.endpoint": ENDPOINT,
            "s3.region": os.environ["AWS_DEFAULT_REGION"],
            "s3.access-key-id": os.environ[KEYS[0]],
            "s3.secret-access-key": os.environ[KEYS[1]],
        }
        made(self, name, **({"client": client} if client is not None else {}), **{**own, **properties})

    GlueCatalog.__init__ = make

with suppress(ImportError):
    from pyathena.connection import Connection

    connected = Connection.__init__

    def connect(self, *arguments, **options):
        """Make a connection that asks twenty times a second."""
        options.setdefault("poll_interval", 0.05)
        connected(self, *arguments, **options)

    Connection.__init__ = connect
