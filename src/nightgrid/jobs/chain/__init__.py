"""A generated hotel chain, all from one seed, and chains as files."""

from nightgrid.jobs.chain.make import Chain, make_chain

__all__ = ["Chain", "make_chain"]
