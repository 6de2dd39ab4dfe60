engine: GitHub Actions
event: workflow_dispatch, repository_dispatch, any other
kind: manual
ref: refs/heads/main
head: 2222222
base: none
default branch: main
origin: Privileged
