"""A server that says why and exits at once."""

import os
import sys

sys.exit(f"starting up\nfatal: no database for key {os.environ.get('API_KEY', '')}")
