engine: AWS CodeBuild
event: push to a merge queue's branch
kind: merge_group
ref: refs/heads/gh-readonly-queue/main/pr-7
subject: 2222222
base: none
origin: Own
