"""Says which SDK this is. Read by the package build and sent with every request."""

VERSION = "0.1.0"
