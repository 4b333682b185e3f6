"""The price side of the façade: versions, quotes, comparisons, bulk prices, history."""
