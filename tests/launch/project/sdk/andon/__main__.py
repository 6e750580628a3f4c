"""Stands in for the command wrapper."""

import os
import sys

command = sys.argv[sys.argv.index("--") + 1 :]
os.execvp(command[0], command)
