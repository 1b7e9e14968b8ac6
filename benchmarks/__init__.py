"""What the extension costs and how fast it answers, as ratios within one run: ``make bench``."""
