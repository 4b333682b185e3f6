"""Every kernel that the layers above call, and where its proof stands.

The slow, obvious meaning (oracle), the test that both agree, and the benchmark are named by file; a test holds this
table against the code: a kernel that is called from above and missing here, or a file that is not there, fails it.
To add a kernel, add its line first.
"""

from __future__ import annotations

from dataclasses import dataclass

_INVENTORY = "tests/oracles/inventory.py"
_PRICES = "tests/oracles/prices.py"
_PRICEBOOK = "tests/oracles/pricebook/__init__.py"
_SEARCH = "tests/oracles/search.py"
_GRID = "tests/oracles/grid.py"
_SIPHASH = "tests/oracles/siphash.py"
_DIGESTS = "tests/agreement/test_digests_agree.py"
_RUNS = "tests/oracles/runs.py"
_RUNS_AGREE = "tests/agreement/test_runs_agree.py"
_RESTRICTIONS = "tests/oracles/restrictions_slow.py"
_SMALL_WORLDS = "tests/agreement/test_restrictions_small_worlds.py"
_WINDOW = "tests/oracles/window.py"
_ROLLS = "tests/agreement/test_window_agrees.py"
_KILLED = "tests/crash/test_steps.py"
_REBUILD = "tests/unit/test_rebuild.py"
_CHECK = "benchmarks/bench_check.py"
_QUESTIONS = "tests/oracles/questions.py"
_FINDS = "tests/agreement/test_questions_agree.py"
_INDEXED = "tests/agreement/test_index_of_holds.py"
_SELLING = "tests/agreement/test_selling_agrees.py"
_CATALOGUE = "tests/agreement/test_catalogue_agrees.py"
_GROWS = "tests/unit/test_more_slots.py"
_MACHINE = "tests/stateful/test_inventory_machine.py"
_LIVE = "tests/agreement/test_live_agrees.py"
_KEY_INDEX = "tests/oracles/key_index.py"
_AUDITS_KEYS = "tests/unit/test_audit_keys.py"
_LIVE_STAYS = "tests/agreement/test_live_stays.py"
_EVERYTHING = "tests/stateful/test_everything.py"
_PAST_FILL = "tests/oracles/past_fill.py"
_PAST_AGREES = "tests/agreement/test_past_fill.py"


@dataclass(frozen=True, slots=True)
class KernelEntry:
    """One kernel: `module.name`, what it does, its oracle, its agreement test, its benchmark ("" = part of
    another's).
    """

    kernel: str
    does: str
    oracle: str
    agreement: str
    benchmark: str = ""


ENTRIES = (
    KernelEntry("holds.hold_one", "hold one stay", _INVENTORY, _MACHINE, "benchmarks/bench_hold.py"),
    KernelEntry("batch.hold_batch", "hold many stays", _INVENTORY, _MACHINE, "benchmarks/bench_hold_many.py"),
    KernelEntry("holds.hold_any", "hold with everything a request can say", _INVENTORY, _SELLING),
    KernelEntry("resolve.resolve_one", "apply a verb to one hold", _INVENTORY, _MACHINE),
    KernelEntry("amend.amend_one", "give a booking another stay", _INVENTORY, _EVERYTHING),
    KernelEntry("amend.rebook_one", "book an expired hold again", _INVENTORY, _EVERYTHING),
    KernelEntry("carts.hold_cart", "hold several stays or none", _INVENTORY, _EVERYTHING),
    KernelEntry("cart_ends.resolve_cart", "resolve a cart", _INVENTORY, _EVERYTHING),
    KernelEntry("cart_ends.rebook_cart", "book an expired cart again", _INVENTORY, _EVERYTHING),
    KernelEntry("batch.add_statistics", "count answers", _INVENTORY, "tests/unit/test_outcomes.py"),
    KernelEntry("batch.resolve_batch", "apply a verb to many holds", _INVENTORY, _EVERYTHING),
    KernelEntry("outlook.stay_codes", "what a hold of every arrival would be answered", _QUESTIONS, _SELLING),
    KernelEntry("digests.digest_text", "digest one text", _SIPHASH, _DIGESTS),
    KernelEntry(
        "digests.digest_texts", "digest a column of texts", _SIPHASH, _DIGESTS, "benchmarks/bench_hold_many.py"
    ),
    KernelEntry("sweep.sweep_store", "expire what is due", _INVENTORY, _MACHINE),
    KernelEntry("controls.set_counters", "set capacity or rooms sold elsewhere", _GRID, _MACHINE),
    KernelEntry(
        "controls.load_sold_elsewhere", "set all rooms sold elsewhere", _GRID, "tests/agreement/test_grid_agrees.py"
    ),
    KernelEntry("planes.set_profiles", "restrict room types", _GRID, "tests/agreement/test_restrictions_agree.py"),
    KernelEntry("planes.set_product_profiles", "restrict products", _RESTRICTIONS, _SMALL_WORLDS),
    KernelEntry("controls.set_today", "turn the hotels' dates", _INVENTORY, "tests/agreement/test_grid_agrees.py"),
    KernelEntry("control_tables.find_controls", "find selling controls", _INVENTORY, _SELLING),
    KernelEntry("control_tables.set_controls", "set caps, protection, hurdles, house caps", _INVENTORY, _SELLING),
    KernelEntry("control_tables.set_last_room", "name plans sold to the last room", _INVENTORY, _SELLING),
    KernelEntry("control_tables.set_counter", "set a limited counter", _INVENTORY, _SELLING),
    KernelEntry("blocks.create_block", "set rooms aside", _INVENTORY, _SELLING),
    KernelEntry("blocks.set_block_units", "set aside more or fewer", _INVENTORY, _SELLING),
    KernelEntry("blocks.release_block", "give up a block", _INVENTORY, _SELLING),
    KernelEntry("blocks.blocked_cells", "rooms that blocks keep", _INVENTORY, _SELLING),
    KernelEntry("blocks.sellable_cells", "rooms that a guest could have", _INVENTORY, _SELLING),
    KernelEntry("audit_controls.count_controls", "recount what controls count", _INVENTORY, _SELLING),
    KernelEntry("audit_controls.audit_controls", "compare controls with the recount", _INVENTORY, _SELLING),
    KernelEntry("audit_controls.settle_keepers", "finish what quotas keep", _INVENTORY, "tests/crash/killed.py"),
    KernelEntry("audit_controls.rebuild_controls", "mend what controls count", _INVENTORY, _SELLING),
    KernelEntry("catalogue.link_rows", "hand out spare rows", _GRID, _CATALOGUE),
    KernelEntry("catalogue.link_products", "hand out spare products", _GRID, _CATALOGUE),
    KernelEntry("catalogue.open_rows", "put new rows on sale", _GRID, _CATALOGUE),
    KernelEntry("catalogue.refresh_rows", "write the bits of new products", _GRID, _CATALOGUE),
    KernelEntry("catalogue.publish_rows", "tell that rows were changed", _GRID, _CATALOGUE),
    KernelEntry("catalogue.close_rows", "close room types or open them", _GRID, _CATALOGUE),
    KernelEntry("catalogue.close_product", "close a plan or open it", _GRID, _CATALOGUE),
    KernelEntry("audit.count_slots", "recount the holds", _GRID, _MACHINE),
    KernelEntry("audit.audit_cells", "compare cells with the recount", _GRID, _MACHINE),
    KernelEntry("audit.audit_lists", "walk the hotels' lists", _INVENTORY, _MACHINE),
    KernelEntry("audit_keys.audit_keys", "compare the key index with the holds", _KEY_INDEX, _AUDITS_KEYS, _CHECK),
    KernelEntry("audit.subtract_bits", "compare bit maps with the cells", _GRID, _MACHINE),
    KernelEntry("audit.audit_restrictions", "compare what is noted with the profiles", _RESTRICTIONS, _SMALL_WORLDS),
    KernelEntry(
        "search.sellable_words",
        "which products can be sold",
        _SEARCH,
        "tests/agreement/test_restrictions_agree.py",
        "benchmarks/bench_search.py",
    ),
    KernelEntry(
        "offers.drop_refused", "check what the bit maps leave", _SEARCH, "tests/agreement/test_search_agrees.py"
    ),
    KernelEntry(
        "tables.combine_factors", "the stay factors of a query", _PRICES, "tests/agreement/test_search_agrees.py"
    ),
    KernelEntry(
        "search.search_top",
        "the cheapest hotels",
        _SEARCH,
        "tests/agreement/test_search_agrees.py",
        "benchmarks/bench_search.py",
    ),
    KernelEntry(
        "rule_search.search_rules",
        "the cheapest hotels by a full pipeline",
        _PRICEBOOK,
        "tests/agreement/test_rule_search.py",
        "benchmarks/bench_search.py",
    ),
    KernelEntry(
        "minima.fold_word_minima", "lower bounds of 64 products", _PRICES, "tests/agreement/test_search_bounds.py"
    ),
    KernelEntry("second_look.look_again", "is it there at one instant", _SEARCH, "tests/unit/test_second_look.py"),
    KernelEntry("search.all_hotels", "every hotel's cheapest product", _SEARCH, "tests/agreement/test_fast_paths.py"),
    KernelEntry(
        "prices.round_to", "round a ratio", "tests/oracles/money.py", "tests/agreement/test_rounding_agrees.py"
    ),
    KernelEntry("prices.fold_nights", "fold the nightly prices", _PRICES, "tests/agreement/test_prices_agree.py"),
    KernelEntry(
        "prices.stay_total",
        "price one stay",
        _PRICES,
        "tests/agreement/test_prices_agree.py",
        "benchmarks/bench_quote.py",
    ),
    KernelEntry(
        "line_prices.price_lines",
        "price stays by a full pipeline",
        _PRICEBOOK,
        "tests/agreement/test_pricebook_agrees.py",
        "benchmarks/bench_quote.py",
    ),
    KernelEntry(
        "line_blocks.price_line_blocks",
        "price many stays by a full pipeline, together where they share a plan",
        _PRICEBOOK,
        "tests/agreement/test_line_blocks.py",
        "benchmarks/bench_quote.py",
    ),
    KernelEntry(
        "one_quote.quote_job",
        "price one stay by a full pipeline",
        _PRICEBOOK,
        "tests/agreement/test_books_agree.py",
        "benchmarks/bench_quote.py",
    ),
    KernelEntry(
        "rule_marks.mark_lines",
        "which rules made a price",
        "src/nightgrid/pricing/explain/notes.py",
        "tests/agreement/test_rule_masks.py",
    ),
    KernelEntry(
        "mark_blocks.mark_groups",
        "which rules made the prices of many rows",
        "src/nightgrid/pricing/explain/notes.py",
        "tests/agreement/test_mark_blocks.py",
    ),
    KernelEntry(
        "cube_blocks.price_groups",
        "price many rows by full pipelines",
        _PRICEBOOK,
        "tests/agreement/test_blocks_agree.py",
        "benchmarks/bench_reprice.py",
    ),
    KernelEntry(
        "row_nights.take_rows",
        "take nights of chosen products",
        _PRICEBOOK,
        "tests/agreement/test_blocks_agree.py",
    ),
    KernelEntry(
        "row_nights.fold_rows",
        "fold nights of chosen products",
        _PRICEBOOK,
        "tests/agreement/test_blocks_agree.py",
    ),
    KernelEntry(
        "night_fold.fold_cells",
        "fold nights of a full pipeline",
        _PRICEBOOK,
        "tests/agreement/test_pricebook_agrees.py",
    ),
    KernelEntry("quotes.quote_batch", "price many stays", _PRICES, "tests/agreement/test_fast_paths.py"),
    KernelEntry(
        "reprice.price_cube",
        "price the cube",
        _PRICES,
        "tests/agreement/test_prices_agree.py",
        "benchmarks/bench_reprice.py",
    ),
    KernelEntry(
        "calendars.hotel_calendar", "the price calendar of a hotel", _SEARCH, "tests/agreement/test_grid_agrees.py"
    ),
    KernelEntry("window.roll_window", "move the window on", _WINDOW, _ROLLS),
    KernelEntry("window.finish_roll", "finish a roll that somebody died in", _WINDOW, "tests/crash/killed.py"),
    KernelEntry("window.note_past", "note bookings that are past", _WINDOW, _ROLLS),
    KernelEntry("more_slots.grow_keys", "spread the key index", _INVENTORY, _GROWS),
    KernelEntry("more_slots.raise_limit", "hand out more slots", _INVENTORY, _GROWS),
    KernelEntry("more_slots.finish_split", "spread keys that somebody died in", _INVENTORY, _KILLED),
    KernelEntry("settle.settle_slots", "make slots what was published of them", "tests/oracles/records.py", _KILLED),
    KernelEntry("settle.settle_keys", "remember keys that were lost", _INVENTORY, _KILLED),
    KernelEntry("rebuild.assign_cells", "write the counters that the holds ask for", _GRID, _REBUILD, _CHECK),
    KernelEntry("rebuild.assign_restrictions", "write what is noted of restrictions", _GRID, _REBUILD),
    KernelEntry("rebuild.assign_marks", "write which rows have selling controls", _GRID, _REBUILD),
    KernelEntry("rebuild.ended_slots", "find the ended holds", _INVENTORY, _REBUILD),
    KernelEntry("rebuild.assign_lists", "make the hotels' lists anew", _INVENTORY, _REBUILD),
    KernelEntry("questions.copy_hold", "read one hold", _QUESTIONS, _FINDS),
    KernelEntry("questions.find_holds", "find holds by a filter", _QUESTIONS, _FINDS),
    KernelEntry("questions.find_linked", "find holds by an index", _QUESTIONS, _INDEXED, "benchmarks/bench_find.py"),
    KernelEntry("questions.cart_lines", "the lines of a cart", _QUESTIONS, _FINDS),
    KernelEntry("questions.count_holds", "count holds by state", _QUESTIONS, _FINDS),
    KernelEntry("fill.fill_nights", "house fill of stays", _GRID, "tests/agreement/test_grid_agrees.py"),
    KernelEntry("fill.fill_houses", "house fill of all hotels", _GRID, _LIVE),
    KernelEntry("night_refold.refold_cells", "price nights anew that a rule reaches", _PRICEBOOK, _LIVE),
    KernelEntry("night_fold.price_cells", "price single nights", _PRICEBOOK, "tests/agreement/test_changed_nights.py"),
    KernelEntry("past_fill.read_moves", "read what records did", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.apply_moves", "count rooms by records", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.due_deadlines", "deadlines of what is due", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.undo_moves", "take records back", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.count_rooms", "count all rooms", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.read_rooms", "read what a hotel set", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.edges_of_nights", "bands of house fill", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.find_fill", "house fill at past instants", _PAST_FILL, _PAST_AGREES),
    KernelEntry("past_fill.find_changes", "when house fill changed", _PAST_FILL, _PAST_AGREES),
    KernelEntry("live_follow.catch_up", "price what is due", _PRICEBOOK, _LIVE),
    KernelEntry("live_follow.refresh", "price nights anew whose fill moved", _PRICEBOOK, _LIVE),
    KernelEntry(
        "live_follow.changes_now", "whether prices were written", _PRICEBOOK, "tests/threads/test_live_prices.py"
    ),
    KernelEntry("live_gather.gather_stay", "put nights of several sheets side by side", _PRICEBOOK, _LIVE_STAYS),
    KernelEntry("runs.free_runs", "free nights in a row", _RUNS, _RUNS_AGREE),
    KernelEntry("runs.largest_runs", "the longest run of free nights", _RUNS, _RUNS_AGREE),
    KernelEntry("runs.gap_runs", "nights that no stay fits", _RUNS, _RUNS_AGREE),
    KernelEntry("runs.stay_rooms", "rooms free for a whole stay", _RUNS, _RUNS_AGREE),
)

#: Called from above as well, but with nothing to compute: locks around other kernels.
LOCKS = ("atomics.acquire", "atomics.release", "locks.lock_hotels", "locks.unlock_hotels")

#: Called by tests and benchmarks only, to look at one step alone.
STEPS = (
    "offers.sale_code",
    "planes.clear_column",
    "prices.rounded_half_up",
    "prices.half_added",
    "prices.rounded_ratio",
    "prices.rounding_threshold",
    "requests.shape_code",
    "restrictions.stay_restriction",
)

#: `module.name` of every kernel that Python may call; the rest is compiled for other kernels alone (`base/jit.py`).
CALLED_FROM_PYTHON = frozenset([entry.kernel for entry in ENTRIES] + list(LOCKS) + list(STEPS))
