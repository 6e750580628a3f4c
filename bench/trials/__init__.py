"""Pause programs while the machinery breaks, and look for a promise that was broken."""
