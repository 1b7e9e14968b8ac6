"""``python -m localstack_outages``: a real LocalStack with the extension in it."""

import sys

from .runtime import main

sys.exit(main())
