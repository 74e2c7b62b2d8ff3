"""The same steps on a cluster: Spark runs the code of one machine on its workers."""

# The modules that other folders may use.
__all__ = [
    "draw",
    "engine",
    "frame",
]
