"""The bench: this bot beside others, on one machine, in one run. Developers' tables, so in English."""
