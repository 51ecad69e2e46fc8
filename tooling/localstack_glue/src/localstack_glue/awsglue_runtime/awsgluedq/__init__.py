"""Glue Data Quality: present so that scripts import it, and refused when they use it."""
