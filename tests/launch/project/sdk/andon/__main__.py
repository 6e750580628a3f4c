"""Stands in for the command wrapper: notes that it wrapped, and becomes the command."""

import os
import sys
from pathlib import Path

command = sys.argv[sys.argv.index("--") + 1 :]
Path(f"{command[-1]}.wrapped").touch()
os.execv(command[0], command)
