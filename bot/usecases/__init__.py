"""What the product does, in its own words: ask a question, load a rulebook. Knows ports, never their makers."""
