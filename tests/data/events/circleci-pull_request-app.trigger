engine: CircleCI
event: pull request (GitHub App)
kind: pull_request
head: 2222222
base: merge base with main or 1111111
origin: Own
