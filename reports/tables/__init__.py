"""Tables: of arms, times, differences, mistakes; for people and for programs."""
