"""Databases, tables, partitions, connections: moto stores most of it, the rules are here."""
