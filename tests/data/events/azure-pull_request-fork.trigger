engine: Azure Pipelines
event: PullRequest
kind: pull_request
ref: refs/pull/7/merge
subject: 2222222, 4444444
base: first parent of 2222222, else merge base with main
origin: Fork
