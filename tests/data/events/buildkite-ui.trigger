engine: Buildkite
event: ui, api, trigger_job
kind: manual
ref: refs/heads/main
base: none
default branch: main
origin: Own
services: a, b
