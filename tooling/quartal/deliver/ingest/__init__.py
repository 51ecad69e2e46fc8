"""Raw data straight out of a database: what is read, in which chunks, as which text, and what is there already."""
