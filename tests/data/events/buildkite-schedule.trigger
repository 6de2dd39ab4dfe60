engine: Buildkite
event: schedule
kind: schedule
ref: refs/heads/main
subject: what is checked out
base: none
default branch: main
origin: Own
