engine: GitHub Actions
event: pull_request: merged
kind: pull_request
subject: 2222222, 4444444
base: since the target branch before the merge, 1111111
default branch: main
origin: Own
