engine: AWS CodeBuild
event: pull request
kind: pull_request
subject: 2222222
base: merge base with main
origin: Fork
