engine: Buildkite
event: pull request
kind: pull_request
head: 2222222
base: merge base with main
default branch: main
origin: Own
