engine: GitHub Actions
event: issue_comment, repository_dispatch, any other
kind: manual
ref: refs/heads/main
subject: none
base: none
default branch: main
origin: Privileged
