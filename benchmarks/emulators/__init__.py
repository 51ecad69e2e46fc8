"""The conformance suite against each emulator that can be installed: who behaves as Glue does, by area."""
