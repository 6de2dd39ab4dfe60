engine: GitHub Actions
event: merge_group: destroyed
kind: delete
ref: refs/heads/gh-readonly-queue/main/pr-7-4444444444444444444444444444444444444444
subject: 2222222
base: gone
default branch: main
origin: Own
