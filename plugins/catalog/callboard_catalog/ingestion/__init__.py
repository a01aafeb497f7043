"""How sources are brought into the tables: which there are, when each is read, by whom, and how a reading goes."""
