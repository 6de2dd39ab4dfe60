engine: GitHub Actions
event: workflow_dispatch, create, deployment, deployment_status
kind: manual
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: none
default branch: main
origin: Own
services: migrator
