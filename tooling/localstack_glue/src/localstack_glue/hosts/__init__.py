"""Hosts: the servers that the service runs in, and the fixes for each of them.

Input: requests of clients, which a host parses. Output: the service's responses in the host's form. Nothing outside of
this package imports a host's own modules.
"""
