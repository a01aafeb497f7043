"""What is stored and how it is written: the tables, and how entities follow from what sources say."""
