engine: GitHub Actions
event: pull_request_target: merged
kind: pull_request
subject: 3333333, 4444444
base: since the target branch before the merge, 1111111
default branch: main
origin: Privileged
