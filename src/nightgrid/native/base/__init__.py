"""What every kernel stands on: how they are compiled and kept, atomics, hints to the compiler, digests."""
