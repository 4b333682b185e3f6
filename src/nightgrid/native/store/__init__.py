"""The block of bytes and what lies in it: cells, bit maps, slots, keys, records, controls; the order of the locks."""
