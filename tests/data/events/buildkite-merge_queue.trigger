engine: Buildkite
event: merge queue
kind: merge_group
ref: refs/heads/gh-readonly-queue/main/pr-7-4444444444444444444444444444444444444444
subject: 2222222
base: since the commit that the merge queue builds on, 1111111
default branch: main
origin: Own
