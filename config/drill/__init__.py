"""A drill of the whole chain, on an Andon of its own: `python -m config.drill`."""
