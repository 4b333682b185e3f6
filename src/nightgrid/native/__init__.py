"""Everything that numba compiles. Functions over arrays and integers; no objects, no clock, no exceptions."""
