engine: GitLab
event: merge request, merged results
kind: pull_request
ref: refs/merge-requests/7/merge
subject: 2222222, 5555555
base: since the tip of the target branch, 4444444
default branch: main
origin: Own
