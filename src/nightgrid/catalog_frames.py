"""Catalogue frames in and out: reading any table, linking the three frames, and printing a catalogue as frames.

Two passes: first every column by itself (`catalog_columns`), then what joins them (duplicates, unknown hotels, hotels
without rooms). The second runs only on clean columns, so that one wrong id is not reported three times.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from nightgrid.catalog_columns import BASE_MINOR, HOTELS, PRODUCTS, ROOM_TYPES, Problems, clean_frame
from nightgrid.errors import CatalogError

#: Anything that is a table: Polars, Arrow (pandas and DuckDB too, by the Arrow stream protocol), dict of columns, path.
FrameLike = Any

FILES: Final = ("hotels", "room_types", "products")
_ROW: Final = "_row"


@dataclass(frozen=True, slots=True)
class LinkedFrames:
    """Clean frames in catalogue order: hotels as given, room types by hotel, products by room type (both stable).

    `room_types` has the extra column `hotel` (int32 hotel index), `products` the extra column `row` (int32 row index).
    """

    hotels: pl.DataFrame
    room_types: pl.DataFrame
    products: pl.DataFrame


def read_frame(source: FrameLike, frame_name: str) -> pl.DataFrame:
    """A Polars frame of any table; CatalogError where it is none. CSV is read as text: an id '007' stays '007'."""
    try:
        if isinstance(source, pl.DataFrame):
            return source
        if isinstance(source, pl.LazyFrame):
            return source.collect()
        if isinstance(source, str | Path):
            return _read_file(Path(source), frame_name)
        if isinstance(source, Mapping):
            return _read_mapping(source, frame_name)
        if hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__"):
            return pl.DataFrame(source)
    except pl.exceptions.PolarsError as error:
        raise CatalogError(f"{frame_name}: cannot be read as a table ({error}); check the file or frame") from error
    raise CatalogError(
        f"{frame_name}: {type(source).__name__} is not a table; give a Polars, PyArrow or pandas frame, "
        "a dict of columns, or a path to .parquet or .csv"
    )


def _read_file(path: Path, frame_name: str) -> pl.DataFrame:
    if path.suffix not in (".parquet", ".csv"):
        raise CatalogError(f"{frame_name}: file {path} is neither .parquet nor .csv; convert it to one of them")
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except OSError as error:
        raise CatalogError(f"{frame_name}: file {path} cannot be read ({error}); check the path") from error


def _read_mapping(source: Mapping[str, Any], frame_name: str) -> pl.DataFrame:
    columns = []
    for name, values in source.items():
        try:
            columns.append(_series(str(name), values))
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
            raise CatalogError(
                f"{frame_name}, column {name}: its values have no common type ({error}); give one type of value"
            ) from error
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        listed = ", ".join(f"{column.name} has {len(column)}" for column in columns)
        raise CatalogError(f"{frame_name}: columns differ in length ({listed}); give each as many values")
    return pl.DataFrame(columns)


def _series(name: str, values: Any) -> pl.Series:
    try:
        return pl.Series(name, values)
    except TypeError:
        # [47, 8.5] begins with an int, so Polars expects ints; as floats it is plain what is meant.
        if all(isinstance(value, int | float | None) and not isinstance(value, bool) for value in values):
            return pl.Series(name, values, dtype=pl.Float64, strict=False)
        raise


def link_frames(
    hotels: FrameLike, room_types: FrameLike, products: FrameLike | None, default_plan: str
) -> LinkedFrames:
    """Read, check and order the three frames. Raises one CatalogError with up to ten problems. O(n log n)."""
    problems = Problems()
    hotel_frame = clean_frame(read_frame(hotels, "hotels"), "hotels", HOTELS, problems)
    type_frame, product_frame = clean_rooms(room_types, products, default_plan, problems)
    problems.raise_any()
    if hotel_frame is None:  # raised above: a missing frame is always a reported problem
        raise CatalogError("the catalogue has no hotels; give the frame")
    if hotel_frame.is_empty():
        problems.add("hotels", "has no rows", "give at least one hotel")
    report_duplicates(hotel_frame, "hotels", ["hotel_id"], problems)
    report_room_duplicates(type_frame, product_frame, problems, products is not None)
    _report_links(hotel_frame, type_frame, product_frame, problems)
    problems.raise_any()
    return ordered(hotel_frame["hotel_id"], hotel_frame, type_frame, product_frame)


def clean_rooms(
    room_types: FrameLike, products: FrameLike | None, default_plan: str, problems: Problems
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Clean room types and products; without products each room type has the one plan `default_plan`. Raises where a
    column that is needed is missing.
    """
    given_types = read_frame(room_types, "room_types")
    type_columns = ROOM_TYPES if products is not None else (*ROOM_TYPES, BASE_MINOR)
    type_frame = clean_frame(given_types, "room_types", type_columns, problems)
    product_frame = None
    if products is not None:
        columns = tuple(c if c.name != "plan_id" else type(c)(c.name, c.kind, default=default_plan) for c in PRODUCTS)
        product_frame = clean_frame(read_frame(products, "products"), "products", columns, problems)
    if type_frame is None or (products is not None and product_frame is None):
        problems.raise_any()
        raise CatalogError("the catalogue has no room types; give the frame")
    if product_frame is None:
        product_frame = type_frame.select(
            "hotel_id", "room_type_id", pl.lit(default_plan).alias("plan_id"), "base_minor", pl.lit("").alias("name")
        )
        type_frame = type_frame.drop("base_minor")
    return type_frame, product_frame


def report_room_duplicates(
    types: pl.DataFrame, products: pl.DataFrame, problems: Problems, products_given: bool
) -> None:
    """Room types and products that come twice."""
    report_duplicates(types, "room_types", ["hotel_id", "room_type_id"], problems)
    if products_given:  # otherwise they repeat what room_types says
        report_duplicates(products, "products", ["hotel_id", "room_type_id", "plan_id"], problems)


def report_duplicates(frame: pl.DataFrame, frame_name: str, key: list[str], problems: Problems) -> None:
    """Rows whose key was there before."""
    again = frame.select(~pl.struct(key).is_first_distinct()).to_series()
    if not again.any():
        return
    values = frame[key[-1]]
    first_rows = frame.with_row_index(_ROW).select(pl.col(_ROW).first().over(key)).to_series()
    for row in again.arg_true().head(3).to_list():
        one = pl.Series([False]).extend_constant(False, frame.height - 1)
        one[row] = True
        whole = ", ".join(f"{name} {frame[name][row]!r}" for name in key)
        what = f"comes a second time ({whole} is also in row {first_rows[row] + 1})"
        problems.add_rows(frame_name, key[-1], values, one, what, "remove one of them or give it another id")


def _report_links(hotels: pl.DataFrame, types: pl.DataFrame, products: pl.DataFrame, problems: Problems) -> None:
    hotel_ids = hotels["hotel_id"]
    unknown = _without(types, hotels, ["hotel_id"])
    problems.add_rows(
        "room_types", "hotel_id", types["hotel_id"], unknown, "is not in hotels", _hint(types, unknown, hotel_ids)
    )
    empty = _without(hotels, types, ["hotel_id"])
    problems.add_rows(
        "hotels", "hotel_id", hotel_ids, empty, "has no room type", "add it to room_types or remove the hotel"
    )
    report_room_links(types, products, problems)


def report_room_links(types: pl.DataFrame, products: pl.DataFrame, problems: Problems) -> None:
    """Products without a room type, and room types without a product."""
    key = ["hotel_id", "room_type_id"]
    lone_products = _without(products, types, key)
    problems.add_rows(
        "products", "room_type_id", products["room_type_id"], lone_products,
        "is not a room type of its hotel in room_types", "add the room type or remove the product",
    )  # fmt: skip
    lone_types = _without(types, products, key)
    problems.add_rows(
        "room_types", "room_type_id", types["room_type_id"], lone_types,
        "has no product (nothing to sell)", "add it to products with a base_minor",
    )  # fmt: skip


def _without(frame: pl.DataFrame, other: pl.DataFrame, key: list[str]) -> pl.Series:
    """Bool per row of `frame`: its key is not in `other`. Empty where all are."""
    if frame.join(other, on=key, how="anti").is_empty():
        return pl.Series(dtype=pl.Boolean)
    found = frame.select(key).join(
        other.select(key).unique().with_columns(pl.lit(True).alias("_found")), on=key, how="left", maintain_order="left"
    )
    return found["_found"].is_null()


def _hint(frame: pl.DataFrame, unknown: pl.Series, known: pl.Series) -> str:
    if not unknown.any():
        return ""
    first = str(frame["hotel_id"].filter(unknown)[0])
    close = difflib.get_close_matches(first, known.to_list(), n=1)
    return f"did you mean {close[0]!r}?" if close else "add the hotel or correct the id"


def ordered(hotel_ids: pl.Series, hotels: pl.DataFrame, types: pl.DataFrame, products: pl.DataFrame) -> LinkedFrames:
    """Sort room types by hotel and products by room type, both stable, and add the index columns: `hotel` is the
    position in `hotel_ids`, `row` the one among the sorted room types.
    """
    index = pl.DataFrame({"hotel_id": hotel_ids}).with_row_index("hotel")
    types = types.join(index, on="hotel_id", how="left", maintain_order="left")
    types = types.sort("hotel", maintain_order=True).with_columns(pl.col("hotel").cast(pl.Int32))
    rows = types.select("hotel_id", "room_type_id").with_row_index("row")
    products = products.join(rows, on=["hotel_id", "room_type_id"], how="left", maintain_order="left")
    products = products.sort("row", maintain_order=True).with_columns(pl.col("row").cast(pl.Int32))
    return LinkedFrames(hotels, types, products)


def first_indexes(owner: np.ndarray, count: int) -> np.ndarray:
    """int32[count + 1]: where each owner's run begins once `owner` is sorted, and the end of the last run."""
    return np.append(0, np.cumsum(np.bincount(owner, minlength=count))).astype(np.int32)


def distinct(values: list[Any], known: Sequence[Any] = ()) -> tuple[list[Any], np.ndarray]:
    """Distinct values after those known, in order of first appearance, and the position of each (int16)."""
    positions: dict[Any, int] = {value: position for position, value in enumerate(known)}
    codes = [positions.setdefault(value, len(positions)) for value in values]
    return list(positions), np.array(codes, dtype=np.int16)


def find_files(folder: Path) -> dict[str, Path]:
    """The catalogue's files in a folder by frame name; CatalogError where one is missing or comes twice."""
    found: dict[str, Path] = {}
    for name in FILES:
        paths = [path for path in (folder / f"{name}.parquet", folder / f"{name}.csv") if path.is_file()]
        if len(paths) > 1:
            raise CatalogError(f"{name}: both {paths[0]} and {paths[1].name} exist; remove the one that is out of date")
        if paths:
            found[name] = paths[0]
        elif name != "products":
            raise CatalogError(f"{name}: neither {name}.parquet nor {name}.csv is in {folder}; give the right folder")
    return found


def write_frames(folder: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    """Write `<name>.parquet` for each frame; a reader sees each file old or new, never half written."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        partial = folder / f"{name}.parquet.partial"
        frame.write_parquet(partial, compression="zstd")
        partial.replace(folder / f"{name}.parquet")
