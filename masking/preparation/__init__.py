"""Stage 1: frames, videos and photos -> a query and a database tree of prepared images."""
