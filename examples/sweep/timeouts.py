"""How long the applications wait for AWS."""

from botocore.config import Config

TIMEOUTS = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 2})
