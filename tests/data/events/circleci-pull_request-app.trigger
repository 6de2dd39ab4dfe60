engine: CircleCI
event: pull request (GitHub App)
kind: pull_request
subject: 2222222
base: merge base with 1111111, else with main
origin: Own
