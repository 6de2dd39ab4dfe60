engine: GitHub Actions
event: workflow_dispatch, create, deployment, deployment_status
kind: manual
ref: refs/heads/main
subject: 2222222
base: none
default branch: main
origin: Own
