engine: GitHub Actions
event: workflow_run behind a merge queue
kind: merge_group
ref: refs/heads/gh-readonly-queue/main/pr-7
subject: 4444444
base: none
default branch: main
origin: Own
