"""Wiring: settings, URLs, API, processes. Imports nothing, so that the launcher starts at once."""
