"""Stands in for the worker."""

import stub

stub.note("worker")
stub.live()
