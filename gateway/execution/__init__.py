"""Plan to Result: runs what is allowed, and shapes what came out into bytes."""
