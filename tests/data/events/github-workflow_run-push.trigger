engine: GitHub Actions
event: workflow_run behind a push
kind: push
ref: refs/heads/topic
head: 4444444
base: none
default branch: main
origin: Own
