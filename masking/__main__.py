"""`python -m masking COMMAND`."""

import sys

from masking.commands.main import main

if __name__ == "__main__":
    sys.exit(main())
