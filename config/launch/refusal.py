"""Why Andon does not start, as a sentence for the person at the keyboard."""


class CannotStart(Exception):
    """The start is refused. The message is the whole explanation; no traceback is shown."""


class AskedToStop(Exception):
    """Someone pressed Ctrl-C or sent a signal while the start was under way."""
