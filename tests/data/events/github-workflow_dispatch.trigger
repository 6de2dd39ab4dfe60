engine: GitHub Actions
event: workflow_dispatch, repository_dispatch, any other
kind: manual
ref: refs/heads/main
head: 2222222
base: none
default branch: main
origin: Own
services: services/go/api-golang, a, b, c
version: 1.2.3
