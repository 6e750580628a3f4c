"""Real servers for the whole run. Loaded by `-p tests.servers`, before Django's settings are.

DATABASE_URL and REDIS_URL, where they are set, are used instead: so the same
tests run against other servers, such as Debian's. With `-n` each worker has
databases of its own in one PostgreSQL, and a Redis of its own: some tests flush it.
"""

import os
import sys

from config.launch import testing

# Many tests start Python anew. Without compiled files each such start takes three times as long.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("ANDON_ENV", "test")
os.environ.setdefault("ANDON_LOG_LEVEL", "ERROR")
OUR_REDIS = "ANDON_TEST_REDIS"
if "PYTEST_XDIST_WORKER" in os.environ and os.environ.pop(OUR_REDIS, ""):
    del os.environ["REDIS_URL"]
given = testing.start()
if not os.environ.get("REDIS_URL"):
    os.environ[OUR_REDIS] = "yes"
os.environ.update(given)
