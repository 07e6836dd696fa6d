"""What all stages share, and what no stage is named in."""
