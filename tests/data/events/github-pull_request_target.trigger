engine: GitHub Actions
event: pull_request_target
kind: pull_request
subject: 4444444, 3333333
base: first parent of 3333333, else merge base with 1111111, else with main
default branch: main
origin: Privileged
