"""moto's public tests of Glue."""
