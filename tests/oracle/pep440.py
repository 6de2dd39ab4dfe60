"""Compares versions as PyPI's `packaging` does: two a line, divided by a blank; answers `<`, `=`, `>` or `invalid`."""

import sys

from packaging.version import InvalidVersion, Version

for line in sys.stdin:
    left, right = line.split()
    try:
        left, right = Version(left), Version(right)
    except InvalidVersion:
        print("invalid")
        continue
    print("<" if left < right else ">" if left > right else "=")
