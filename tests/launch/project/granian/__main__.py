"""Stands in for the web server."""

import stub

stub.note("web")
stub.serve()
