"""The local AWS and the tools of this machine: LocalStack's process, Terraform's binary, Java and Python environments.

In come settings; out go running servers and paths of programs.
Imports ``core``.
"""
