engine: GitHub Actions
event: workflow_dispatch, repository_dispatch, any other
kind: manual
ref: refs/tags/services/go/api-golang@1.0.9
head: 2222222
base: none
default branch: main
origin: Own
services: migrator
