"""What descriptors say: files, documents, the format and its rules."""
