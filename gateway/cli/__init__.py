"""The command line: `callboard serve | check | schema | token | query | plugin | audit | database`."""
