"""One module a table. A module here is a benchmark by having what `bench.table.Table` asks; no list names it."""
