"""Property tests here time nothing: a busy machine is no failure (test_speed.py measures)."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
