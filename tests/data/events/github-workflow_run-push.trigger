engine: GitHub Actions
event: workflow_run behind a push
kind: push
ref: refs/heads/topic
subject: 4444444
base: none
default branch: main
origin: Own
