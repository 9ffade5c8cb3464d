"""From frames to verdicts on claims, and the sentences that say them."""
