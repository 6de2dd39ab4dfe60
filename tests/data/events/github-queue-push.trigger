engine: GitHub Actions
event: push to a merge queue's branch
kind: merge_group
ref: refs/heads/gh-readonly-queue/main/pr-7-4444444444444444444444444444444444444444
subject: 2222222
base: none
default branch: main
origin: Own
