engine: Gitea Actions
event: pull_request without a merge commit (Gitea, Forgejo)
kind: pull_request
ref: refs/pull/7/head
subject: 2222222, 4444444
base: merge base with 1111111, else with main
default branch: main
origin: Own
