engine: GitLab
event: pull request of a GitHub repository
kind: pull_request
subject: 2222222
base: merge base with 1111111, else with main
default branch: main
origin: Own
