"""Tanya Netral: what political neutrality allows Indonesian civil servants, asked in their own words."""
