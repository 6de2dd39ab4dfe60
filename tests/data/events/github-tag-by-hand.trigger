engine: GitHub Actions
event: push of a tag, run by hand on one
kind: tag
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: none
default branch: main
origin: Own
