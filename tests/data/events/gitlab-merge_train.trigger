engine: GitLab
event: merge train
kind: merge_group
ref: refs/merge-requests/7/train
subject: 2222222, 5555555
base: since the commit that the merge queue builds on, 4444444
default branch: main
origin: Own
