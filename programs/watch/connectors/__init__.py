"""Connectors: each looks at one kind of store and says who may read there. Never at the data.

A connector returns `taking.Taken`. What it could not see it says in `gaps`: then what it found
is partial, and nothing that is partial is called clean.
"""
