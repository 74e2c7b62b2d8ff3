"""How a design's cases are picked from tickets in exact arithmetic, a module a family."""
