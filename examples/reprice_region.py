"""A repricing job: every price of one region to partitioned Parquet, then a question to the files with Polars.

Run: python examples/reprice_region.py
"""

import tempfile
from pathlib import Path

import polars as pl

from nightgrid import Engine
from nightgrid.jobs.chain import make_chain


def main() -> None:
    """Reprice one region of a small demo chain and read the result back."""
    chain = make_chain(hotels=60, seed=2027, nights=120)
    engine = Engine.in_memory(chain.catalog, chain.first_night, chain.nights)
    engine.publish(chain.book_toml)
    with tempfile.TemporaryDirectory() as folder:
        report = engine.reprice_to(folder, region="east", stays=[1, 2, 3, 7], tiers=["public", "gold"])
        print(f"{report.prices:,} prices in {len(report.files)} files, {report.bytes / 1e6:.1f} MB")
        prices = pl.scan_parquet(Path(folder) / "arrival_month=*" / "prices.parquet", hive_partitioning=True)
        products = pl.scan_parquet(Path(folder) / "products.parquet")
        cheapest = (
            prices.filter(pl.col("nights") == 2, pl.col("tier").cast(pl.String) == "gold")
            .group_by("product_index")
            .agg(pl.col("price_minor").cast(pl.Int64).min().alias("cheapest_minor"))
            .join(products, on="product_index")
            .sort("cheapest_minor", "product_index")
            .select("hotel_id", "room_type_id", "cheapest_minor")
            .head(5)
        )
        print(cheapest.collect())


if __name__ == "__main__":
    main()
