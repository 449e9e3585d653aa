"""A server that never answers."""

import sys

sys.stdin.read()
