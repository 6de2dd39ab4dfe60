engine: GitHub Actions
event: pull_request, pull_request_target: merged
kind: pull_request
head: 2222222
base: since the tip of the target branch, 1111111
default branch: main
origin: Privileged
