"""What goes in and out: frames, names, digests, answers; and the shelf of price versions."""
