"""Response streams: what a subscription sends, each event under the rules of its moment; whatever carries it."""
