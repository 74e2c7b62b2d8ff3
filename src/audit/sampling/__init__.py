"""The frame, the plan, the draw and its proof."""

# The modules that other folders may use.
__all__ = [
    "draw",
    "frame",
    "manifest",
    "manifest_history",
    "plan",
    "reconciliation",
    "redraw",
    "replacements",
    "sample_size",
    "second_phase",
    "selection",
    "tickets",
]
