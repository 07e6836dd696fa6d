"""What people look at: report.html of masking, and pairs.csv."""
