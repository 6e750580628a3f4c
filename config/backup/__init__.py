"""Backups: everything that Andon knows in one folder, and the proof that it can be put back."""
