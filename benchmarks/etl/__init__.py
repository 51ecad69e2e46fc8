"""The whole job, as its users start it, against hand-written scripts for the same work."""
