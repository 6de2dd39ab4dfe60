engine: GitHub Actions
event: workflow_run behind a schedule
kind: schedule
ref: refs/heads/main
subject: 4444444
base: none
default branch: main
origin: Own
