"""`python -m console` is the `guichet` command."""

import sys

from console.main import main

sys.exit(main())
