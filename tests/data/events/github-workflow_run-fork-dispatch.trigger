engine: GitHub Actions
event: workflow_run behind any other run
kind: manual
ref: refs/heads/main
subject: 4444444
base: none
default branch: main
origin: Privileged
