"""Hosts: the servers that the service lives in, and what mends each of them.

In come requests of clients, which a host parses; out go the service's answers in the host's form.
Nothing outside of this package imports a host's own modules.
"""
