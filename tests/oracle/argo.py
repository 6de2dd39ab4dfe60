"""Reads objects of Argo by hera's models, which are generated from Argo's own types.

The models let unknown keys be, so what they have read must come out as it went in.
"""

import json
import sys

import yaml
from hera.workflows import models

for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    read = getattr(models, document["kind"]).model_validate(document)
    again = json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))
    if again != document:
        sys.exit(f"{name}: Argo's types do not know all of it")
