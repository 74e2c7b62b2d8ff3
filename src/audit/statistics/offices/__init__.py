"""Many offices or many months at once: funnels, control charts, shrinkage, ranks."""
