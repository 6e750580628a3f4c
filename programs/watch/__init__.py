"""Exposure watch: who is meant to read a dataset against who can. docs/exposure-watch.md says how.

Pure: graph, audience, listing. Outside: connectors. Writers: declaring, watching, looking.
"""
