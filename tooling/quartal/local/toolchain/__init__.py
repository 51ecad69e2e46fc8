"""Finds the tools that a command needs, and installs for itself those that a package index has."""
