engine: Forgejo Actions
event: pull_request without a merge commit (Gitea, Forgejo)
kind: pull_request
ref: refs/pull/7/head
head: 2222222
base: merge base with main or 1111111
default branch: main
origin: Fork
