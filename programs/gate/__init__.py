"""The gate: tells collectors whether they may collect. docs/gate.md is for those who run it.

It writes no table itself: leases are written by programs.leases, proofs by programs.stops.
"""
