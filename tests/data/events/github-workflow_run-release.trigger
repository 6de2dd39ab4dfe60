engine: GitHub Actions
event: workflow_run behind a release
kind: release
ref: refs/tags/services/go/api-golang@1.0.9
subject: 4444444
base: none
default branch: main
origin: Own
