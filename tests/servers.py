"""Real servers for the whole run. Loaded by `-p tests.servers`, before Django's settings are.

DATABASE_URL and REDIS_URL, where they are set, are used instead: so the same
tests run against other servers, such as Debian's.
"""

import os

from config.launch import testing

os.environ.setdefault("ANDON_ENV", "test")
os.environ.setdefault("ANDON_LOG_LEVEL", "ERROR")
os.environ.update(testing.start())
