"""Packs the program as a wheel: a script and data files, no Python.

    wheel.py VERSION REPOSITORY FOLDER INTO

The program is linked statically, so that the wheel is for every Linux, with glibc or musl. pip puts `share` below the
prefix of the environment.
"""

import base64
import hashlib
import os
import sys
import time
import zipfile
from pathlib import Path

TAGS = ["py3-none-manylinux_2_17_x86_64", "py3-none-manylinux2014_x86_64", "py3-none-musllinux_1_1_x86_64"]

METADATA = """\
Metadata-Version: 2.4
Name: rebake
Version: {version}
Summary: What must be rebuilt in a monorepo, why, what it is called, and in what order
Home-page: {repository}
License-Expression: MIT OR Apache-2.0
Keywords: monorepo,ci,git,docker,build
Requires-Python: >=3.7
Description-Content-Type: text/markdown

{readme}"""

WHEEL = """\
Wheel-Version: 1.0
Generator: rebake packaging
Root-Is-Purelib: false
{tags}
"""


def main(version, repository, folder, into):
    stem = f"rebake-{version}"
    files = {f"{stem}.data/scripts/rebake": (folder / "rebake").read_bytes()}
    for path in sorted((folder / "share").rglob("*")):
        if path.is_file():
            files[f"{stem}.data/data/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    readme = (folder / "README.md").read_text()
    files[f"{stem}.dist-info/METADATA"] = METADATA.format(
        version=version, repository=repository, readme=readme
    ).encode()
    files[f"{stem}.dist-info/WHEEL"] = WHEEL.format(tags="\n".join(f"Tag: {tag}" for tag in TAGS)).encode()
    for license in ["LICENSE-APACHE", "LICENSE-MIT"]:
        files[f"{stem}.dist-info/licenses/{license}"] = (folder / license).read_bytes()
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join(line(name, content) for name, content in files.items()).encode() + f"{record},,\n".encode()

    platforms = ".".join(tag.split("-", 2)[2] for tag in TAGS)
    moment = time.gmtime(max(int(os.environ["SOURCE_DATE_EPOCH"]), 315532800))[:6]
    with zipfile.ZipFile(into / f"{stem}-py3-none-{platforms}.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
            wheel.writestr(entry, content)


def line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
