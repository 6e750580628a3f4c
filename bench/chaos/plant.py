"""All processes of one Andon, started one by one so that each may be killed and come back later."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench import stand
from bench.trials.parts import Server, family
from config.launch import places, servers
from config.launch.children import Process
from config.launch.fresh import free_ports
from config.launch.stack import Stack, answers

# How long whoever was killed stays away, in seconds.
AWAY = (0.5, 3.0)
LOOK_SECONDS = 0.05


@dataclass
class Post:
    """A place that a process fills. `pid` is 0 while it is away, until `back_at`."""

    name: str
    words: tuple[str, ...]
    pid: int = 0
    back_at: float = 0.0
    shift: float = 0.0


class Plant:
    """PostgreSQL, Redis, web, a gate, two engines, two workers. `kills` counts what was hit."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.kills: Counter[str] = Counter()
        self.folder = Path(tempfile.mkdtemp(prefix="andon-chaos-")).resolve()
        self.folder.chmod(0o711)
        places.hold(self.folder)
        self.places = places.make(self.folder)
        database = servers.postgres(self.places, environ=os.environ, fast=False)
        redis = servers.redis(self.places, environ=os.environ, fast=False)
        if redis is None:
            raise SystemExit("This needs a Redis: set REDIS_SERVER to one.")
        self.servers = {
            name: Server(one, self.places.logs)
            for name, one in (("postgres", database), ("redis", redis))
        }
        for server in self.servers.values():
            server.start()
        database.create_database()
        self._server_back: dict[str, float] = {}
        self.url, self.redis_url = database.url(), redis.url
        stand.set_up(
            {
                "DATABASE_URL": database.url(),
                "REDIS_URL": redis.url,
                # Its own: beside the checkpoints of another database nothing is verified.
                "ANDON_RECORD_FOLDER": str(self.folder / "checkpoints"),
            }
        )
        self.port, self.gate_port = free_ports(2)
        self.web: Process | None = None
        self.web_back = 0.0
        self.stopped: list[tuple[float, list[int]]] = []
        gate = ("run_gate", "--port", str(self.gate_port))
        worker = ("worker", "--concurrency", "1")
        self.posts = [
            Post("engine-1", ("run_engine",)),
            Post("engine-2", ("run_engine",)),
            Post("worker-1", (*worker, "-n", "one@chaos")),
            Post("worker-2", (*worker, "-n", "two@chaos")),
            Post("gate", gate),
        ]

    def start(self, **env: str) -> None:
        """Start all of it; return once the pages answer."""
        os.environ.update(env)
        self.zygote = subprocess.Popen(
            [sys.executable, "-m", "bench.chaos.zygote"],
            cwd=stand.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.zygote.stdout
        if self.zygote.stdout.readline().strip() != "ready":
            raise RuntimeError("the processes cannot be started")
        for post in self.posts:
            self._fill(post)
        self._start_web()
        end = time.monotonic() + 60
        while not answers(self.port, host="localhost"):
            if time.monotonic() > end:
                raise TimeoutError("the pages do not answer")
            time.sleep(0.2)

    def _start_web(self) -> None:
        child = Stack(self.port, 0, dict(os.environ)).web()
        self.web, self.web_back = Process(child, log=self.places.logs / "web.log"), 0.0

    def _fill(self, post: Post) -> None:
        assert self.zygote.stdin
        assert self.zygote.stdout
        log = self.places.logs / f"{post.name}.log"
        self.zygote.stdin.write(f"{post.name} {log} {post.shift} {' '.join(post.words)}\n")
        self.zygote.stdin.flush()
        post.pid, post.back_at = int(self.zygote.stdout.readline()), 0.0

    # --- What is done to it

    def kill(self, name: str, *, away: float | None = None) -> bool:
        """Kill one part without warning; it comes back by itself. False if it is away already."""
        away = self.dice.uniform(*AWAY) if away is None else away
        back = time.monotonic() + away
        if name in self.servers:
            if name in self._server_back:
                return False
            self.servers[name].signal(signal.SIGKILL)
            self._server_back[name] = back
        elif name == "web":
            if self.web is None:
                return False
            self.web.sweep()
            self.web, self.web_back = None, back
        else:
            post = next(post for post in self.posts if post.name == name)
            if not self._lives(post):
                return False
            # A worker's child, which does the work, is hit as often as the one that feeds it.
            whom = family(post.pid)
            hit = whom[-1:] if len(whom) > 1 and self.dice.random() < 0.5 else whom
            _tell(hit, signal.SIGKILL)
            if hit == whom:
                post.pid, post.back_at = 0, back
        self.kills[name.partition("-")[0]] += 1
        return True

    def freeze(self, name: str, seconds: float) -> None:
        """Stop a process where it stands; it goes on later and believes that it holds its work."""
        post = next(post for post in self.posts if post.name == name)
        if self._lives(post):
            pids = family(post.pid)
            _tell(pids, signal.SIGSTOP)
            self.stopped.append((time.monotonic() + seconds, pids))

    def ask_to_stop(self, name: str) -> None:
        """Stop a process as an upgrade does; it is started again at once."""
        post = next(post for post in self.posts if post.name == name)
        if self._lives(post):
            os.kill(post.pid, signal.SIGTERM)

    def names(self) -> list[str]:
        return [post.name for post in self.posts]

    # --- What looks after it

    def look_after(self, seconds: float) -> None:
        """Bring back what is due to come back, for so long."""
        end = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            self._look_at_servers(now)
            for post in self.posts:
                self._look_at(post, now)
            for back, pids in [one for one in self.stopped if one[0] <= now]:
                _tell(pids, signal.SIGCONT)
                self.stopped.remove((back, pids))
            if time.monotonic() >= end:
                return
            time.sleep(LOOK_SECONDS)

    def _look_at_servers(self, now: float) -> None:
        for name in [name for name, back in self._server_back.items() if back <= now]:
            self.servers[name].start()
            del self._server_back[name]
        if self.web is not None and not self.web.running:
            self.web.sweep()
            self.web, self.web_back = None, now + 0.5
        if self.web is None and now >= self.web_back:
            self._start_web()

    def _look_at(self, post: Post, now: float) -> None:
        if post.pid and not self._lives(post):
            post.pid, post.back_at = 0, post.back_at or now + 0.5
        if not post.pid and now >= post.back_at:
            self._fill(post)

    @staticmethod
    def _lives(post: Post) -> bool:
        if not post.pid:
            return False
        try:
            os.kill(post.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def flush_redis(self) -> bool:
        from bench.chaos.victims import flush_redis

        return flush_redis(self.redis_url)

    def close(self) -> None:
        for _back, pids in self.stopped:
            _tell(pids, signal.SIGKILL)
        for post in self.posts:
            _tell(family(post.pid) if post.pid else [], signal.SIGKILL)
        if self.web:
            self.web.sweep()
        if hasattr(self, "zygote"):
            self.zygote.kill()
        for server in self.servers.values():
            with suppress(OSError, AssertionError):
                server.signal(signal.SIGKILL)
        for folder in {self.places.var, self.places.data, self.places.sockets.parent}:
            shutil.rmtree(folder, ignore_errors=True)


def _tell(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
