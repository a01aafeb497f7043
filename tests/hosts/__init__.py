"""Made-up hosts of descriptors on loopback, and what a catalog would hold after reading them."""
