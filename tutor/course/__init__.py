"""The lessons as data: their model, the loader, and the checker that proves them."""
