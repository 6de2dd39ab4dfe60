engine: GitLab
event: merge train
kind: merge_group
ref: refs/merge-requests/7/train
head: 2222222
base: since the commit that the merge queue builds on, 4444444
default branch: main
origin: Own
