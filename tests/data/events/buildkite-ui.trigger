engine: Buildkite
event: ui, api, trigger_job
kind: manual
ref: refs/heads/main
subject: what is checked out
base: none
default branch: main
origin: Own
services: a, b
