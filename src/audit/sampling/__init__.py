"""The frame, the plan, the draw and its proof."""
