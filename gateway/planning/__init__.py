"""Operation to Plan: what a request selects, whether it is small enough, and what of it is denied."""
