"""`python -m masking.audit FOLDER`: the same as `python -m masking audit FOLDER`."""

import sys

from masking.commands.main import main

if __name__ == "__main__":
    sys.exit(main(["audit", *sys.argv[1:]]))
