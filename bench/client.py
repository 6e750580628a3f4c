"""bench/streams.c, compiled and driven: the collectors of a measurement."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench.stand import Program

CLIENT = Path(__file__).with_name("streams.c")


class Client:
    """bench/streams.c, compiled here, holding the collectors' connections."""

    def __init__(self, port: int, program: Program, folder: Path) -> None:
        self._folder = folder
        ours = folder / "streams"
        if not ours.exists():
            compiler = shutil.which("cc") or shutil.which("gcc")
            if compiler is None:
                raise SystemExit("No C compiler found: the collectors are held by a C program.")
            subprocess.run([compiler, "-O2", "-o", ours, CLIENT], check=True)
        (folder / "tokens").write_text("\n".join(program.tokens) + "\n")
        self._process = subprocess.Popen(
            [ours, str(port), program.slug, folder / "tokens"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words: object) -> dict[str, Any]:
        """Give a command, and return its answer."""
        self.tell(*words)
        return self.hear()

    def tell(self, *words: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        assert self._process.stdout
        said: dict[str, Any] = json.loads(self._process.stdout.readline() or '{"failed": "ended"}')
        if "failed" in said:
            raise RuntimeError(f"the client failed: {said['failed']}")
        return said

    def words(self, lines: list[str]) -> Path:
        """Keep what each collector will say, by its number; return where."""
        file = self._folder / "words"
        file.write_text("\n".join(lines) + "\n")
        return file

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
