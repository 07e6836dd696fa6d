"""Coverage-guided fuzzing of everything that reads an untrusted file: `python -m fuzz.run --help`."""
