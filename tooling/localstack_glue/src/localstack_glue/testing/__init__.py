"""For tests of others: a Glue of their own, as a pytest fixture."""
