"""Kill processes and servers of an Andon under load, and look for what was lost."""
