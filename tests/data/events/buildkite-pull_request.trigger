engine: Buildkite
event: pull request
kind: pull_request
subject: 2222222
base: merge base with main
default branch: main
origin: Own
