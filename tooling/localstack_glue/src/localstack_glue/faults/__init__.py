"""Faults on order: calls that fail before their effect or after it, answers that are lost, late, cut or refused.

`plan`, `calls` and `answers` need the standard library alone, so that a proxy outside of the host can use them too;
`gateway` strikes in the host itself.
"""
