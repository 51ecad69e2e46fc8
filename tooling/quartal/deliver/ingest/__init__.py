"""Raw data from a database: the rows to read, their chunks, their text, and what was already delivered."""
