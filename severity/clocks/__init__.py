"""Legal clocks: which laws set a term for an exposure, from when, and until when. Pure."""
