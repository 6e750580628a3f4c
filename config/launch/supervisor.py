"""Starts children in order, the dead again, and stops all in reverse. The owner of processes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from config.launch import ports
from config.launch.bell import Bell
from config.launch.children import Backoff, Child, Process, Stage
from config.launch.console import Console
from config.launch.keeper import Keeper
from config.launch.refusal import AskedToStop, CannotStart

LOOK_SECONDS = 0.05
IDLE_SECONDS = 5.0
# Seconds after the request to stop at which a stage is told less politely: 15 in all.
STOPPED_BY = {Stage.COLLECTORS: 4.0, Stage.PRODUCT: 10.0, Stage.SERVERS: 14.0}
HURRY_SECONDS = 0.5


@dataclass
class Post:
    """A place that a child fills, over all its lives."""

    child: Child
    process: Process | None = None
    again_at: float | None = None
    backoff: Backoff = field(default_factory=Backoff)


def until_ready(process: Process, *, wait: Callable[[float], None]) -> None:
    """Return when the child works; `wait` sleeps for so many seconds at most.

    Raises:
        CannotStart: if it ends, or its patience runs out; with its last words.
    """
    child = process.child
    while not child.ready():
        ended = not process.running
        if ended or process.lived > child.patience:
            how = f"ended ({process.how_it_ended()})" if ended else "does not answer"
            raise CannotStart(
                f"{child.name} {how} after {process.lived:.0f} s. The end of {process.log}:\n"
                f"{process.last_words()}"
            )
        wait(LOOK_SECONDS)


class Supervisor:
    """The children of one launcher."""

    def __init__(self, logs: Path, *, bell: Bell, keeper: Keeper, console: Console) -> None:
        self._logs = logs
        self._bell = bell
        self._keeper = keeper
        self._console = console
        self._posts: list[Post] = []

    @property
    def has_children(self) -> bool:
        return bool(self._posts)

    def start(self, *children: Child) -> None:
        """Start the children together and wait until all are ready.

        Raises:
            CannotStart: if one does not become ready.
            AskedToStop: if someone asks for that meanwhile.
        """
        posts = [Post(child) for child in children]
        for post in posts:
            self._posts.append(post)
            self._fill(post)
        for post in posts:
            assert post.process is not None
            until_ready(post.process, wait=self._wait)

    def run_to_end(self, child: Child) -> None:
        """Run a child that ends by itself.

        Raises:
            CannotStart: if it fails; with its last words.
            AskedToStop: if someone asks for that meanwhile.
        """
        post = Post(child)
        self._posts.append(post)
        process = self._fill(post)
        while process.running:
            self._wait(LOOK_SECONDS)
        self._let_go(process)
        self._posts.remove(post)
        if process.exit_code:
            raise CannotStart(
                f"{child.name} failed ({process.how_it_ended()}). The end of {process.log}:\n"
                f"{process.last_words()}"
            )

    def watch(self) -> None:
        """Keep every child alive until someone asks to stop."""
        while not self._bell.stopping:
            due = [self._look_after(post) for post in self._posts]
            self._bell.wait(min([IDLE_SECONDS, *due]))

    def stop(self) -> None:
        """Stop every child, collectors first and servers last, within 15 s."""
        asked_at = time.monotonic()
        for stage in sorted(Stage, reverse=True):
            processes = [
                post.process
                for post in reversed(self._posts)
                if post.child.stage is stage and post.process
            ]
            self._stop(processes, by=asked_at + STOPPED_BY[stage])
        self._posts.clear()

    def _fill(self, post: Post) -> Process:
        child = post.child
        child.prepare()
        process = Process(child, log=self._logs / f"{child.name}.log")
        self._keeper.watch(process.pid, child.stop)
        post.process = process
        return process

    def _wait(self, seconds: float) -> None:
        self._bell.wait(seconds)
        if self._bell.stopping:
            raise AskedToStop

    def _look_after(self, post: Post) -> float:
        """Start the child again if it is time; return in how many seconds to look again."""
        now = time.monotonic()
        if post.again_at is not None:
            if now >= post.again_at:
                self._start_again(post)
            return max(0.0, (post.again_at or now) - now)
        process = post.process
        if process is None or process.running:
            return IDLE_SECONDS
        self._let_go(process)
        # Forgotten at once: a later stop must not signal a number that is another's by then.
        post.process = None
        return self._put_off(post, f"ended ({process.how_it_ended()})", process.lived)

    def _start_again(self, post: Post) -> None:
        port = post.child.port
        # Servers that share ports would both answer: half of the requests would go astray.
        taken = ports.why_not(port) if port else ""
        if taken:
            self._put_off(post, f"cannot use port {port}: {taken}", 0.0)
            return
        try:
            self._fill(post)
        except (CannotStart, OSError) as error:
            self._put_off(post, f"did not start: {error}", 0.0)
        else:
            post.again_at = None
            self._console.step(f"{post.child.name} started again")

    def _put_off(self, post: Post, why: str, lived: float) -> float:
        wait = post.backoff.after(lived)
        post.again_at = time.monotonic() + wait
        log = self._logs / f"{post.child.name}.log"
        self._console.step(f"{post.child.name} {why}; next start in {wait:g} s, see {log}")
        return wait

    def _let_go(self, process: Process) -> None:
        process.sweep()
        self._keeper.forget(process.pid)

    def _stop(self, processes: Sequence[Process], *, by: float) -> None:
        for process in processes:
            process.signal(process.child.stop)
        self._await(processes, by=by, hurried=False)
        late = [process for process in processes if process.running]
        for process in late:
            process.signal(process.child.hurry)
        self._await(late, by=time.monotonic() + HURRY_SECONDS, hurried=True)
        for process in processes:
            self._let_go(process)

    def _await(self, processes: Sequence[Process], *, by: float, hurried: bool) -> None:
        while any(process.running for process in processes):
            if time.monotonic() >= by or (self._bell.hurried and not hurried):
                return
            self._bell.wait(LOOK_SECONDS)
