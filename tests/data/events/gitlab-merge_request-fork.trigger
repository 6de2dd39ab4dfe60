engine: GitLab
event: merge request, its own head
kind: pull_request
ref: refs/merge-requests/7/head
subject: 2222222
base: merge base with 1111111, else with main
default branch: main
origin: Fork
