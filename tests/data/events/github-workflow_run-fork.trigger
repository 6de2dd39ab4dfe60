engine: GitHub Actions
event: workflow_run behind a pull request
kind: pull_request
subject: 4444444
base: merge base with nothing
default branch: main
origin: Privileged
