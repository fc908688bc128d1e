"""Property tests judge what is computed, not how fast this machine does it."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
