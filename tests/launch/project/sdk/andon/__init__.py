"""A stand-in; a regular package, so that it comes before the installed one."""
