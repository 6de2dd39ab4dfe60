engine: Buildkite
event: schedule
kind: schedule
ref: refs/heads/main
base: none
default branch: main
origin: Own
