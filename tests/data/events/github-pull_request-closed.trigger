engine: GitHub Actions
event: pull_request, pull_request_review…
kind: pull_request
ref: refs/pull/7/merge
subject: 2222222, 4444444
base: first parent of 2222222, else merge base with 1111111, else with main
default branch: main
origin: Own
