engine: GitHub Actions
event: workflow_run behind a pull request
kind: pull_request
head: 4444444
base: merge base with main or 1111111
default branch: main
origin: Privileged
