engine: Buildkite
event: push
kind: push
ref: refs/heads/main
subject: 2222222
base: none
default branch: main
origin: Own
