"""Asks a URL again and again, and says how it went."""

import argparse
import os
import time
import urllib.error
import urllib.request


def ask(url: str) -> str:
    """Returns the status of one request and how long it took."""
    start = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            response.read()
            status = str(response.status)
    except (urllib.error.URLError, TimeoutError) as error:
        status = f"failed: {error}"
    return f"{status} in {(time.monotonic() - start) * 1000:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--delay", type=float, default=1.0, help="seconds between requests")
    parser.add_argument("--count", type=int, default=0, help="stop after so many; 0 never stops")
    arguments = parser.parse_args()

    print(f"load-generator {os.environ.get('VERSION', 'dev')} asks {arguments.url}", flush=True)
    asked = 0
    while arguments.count == 0 or asked < arguments.count:
        print(ask(arguments.url), flush=True)
        asked += 1
        time.sleep(arguments.delay)


if __name__ == "__main__":
    main()
