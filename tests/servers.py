"""Real servers for the whole run. Loaded by `-p tests.servers`, before Django's settings are.

DATABASE_URL and REDIS_URL, where they are set, are used instead: so the same
tests run against other servers, such as Debian's. With `-n` each worker has
servers of its own, for some tests stop, flush or restart theirs.
"""

import os

from config.launch import testing

os.environ.setdefault("ANDON_ENV", "test")
os.environ.setdefault("ANDON_LOG_LEVEL", "ERROR")
OURS = "ANDON_TEST_SERVERS"
if "PYTEST_XDIST_WORKER" in os.environ:
    for name in os.environ.pop(OURS, "").split():
        del os.environ[name]
given = testing.start()
os.environ[OURS] = " ".join(name for name in given if not os.environ.get(name))
os.environ.update(given)
