engine: GitHub Actions
event: pull_request, pull_request_review…
kind: pull_request
ref: refs/pull/7/merge
head: 2222222
base: first parent of 2222222, else merge base with main or 1111111
default branch: main
origin: Own
