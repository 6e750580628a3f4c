"""Measurements of what the docs promise. Run by `make bench`; nothing here is a test."""
