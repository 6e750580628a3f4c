"""Stands in for a collector that uses the library: leaves its environment and waits."""

import json
import os
import signal
import sys
from pathlib import Path

told = Path(sys.argv[1] + ".new")
told.write_text(json.dumps(dict(os.environ)))
told.rename(sys.argv[1])
signal.pause()
