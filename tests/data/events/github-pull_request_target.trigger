engine: GitHub Actions
event: pull_request_target
kind: pull_request
head: 2222222
base: first parent of 3333333, else merge base with main or 1111111
default branch: main
origin: Privileged
