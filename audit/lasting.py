"""What a process has loaded once lasts as long as itself: nobody looks whether it can be forgotten.

Python stops a process each time to look through all that it holds, hundreds of thousands of objects
of modules, addresses and templates. Of an import's own time that was a sixth.
"""

import gc

# How many objects are new before the young, the middle and all are looked through. A page or a
# piece of work makes some thousands, most of them forgotten without any looking.
_LOOKS = (50_000, 20, 100)


def keep_what_is_loaded() -> None:
    """Leave what is there by now out of each search for garbage, and search less often.

    Before a process is forked it also keeps the two from parting pages that neither changes.
    """
    gc.collect()
    gc.freeze()
    look_less_often()


def look_less_often() -> None:
    """For a command that ends soon: search for garbage less often."""
    gc.set_threshold(*_LOOKS)
