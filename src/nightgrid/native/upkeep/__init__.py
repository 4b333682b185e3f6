"""What hotels and operators change and check: controls, blocks, the catalogue, the window; recount and repair."""
