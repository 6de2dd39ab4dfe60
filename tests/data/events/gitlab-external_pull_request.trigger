engine: GitLab
event: pull request of a GitHub repository
kind: pull_request
head: 2222222
base: merge base with main or 1111111
default branch: main
origin: Own
