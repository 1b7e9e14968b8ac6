"""Writes the report of a run: as a page, for a pull request, as JSON or for JUnit's readers."""
