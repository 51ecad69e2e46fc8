"""Public data sets that nobody wrote for Quartal: drafted, judged, and run (`./nox -s strangers`, outside CI)."""
