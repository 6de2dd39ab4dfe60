engine: GitLab
event: merge request, its own head
kind: pull_request
ref: refs/merge-requests/7/head
head: 2222222
base: merge base with main or 1111111
default branch: main
origin: Own
