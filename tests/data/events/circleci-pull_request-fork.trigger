engine: CircleCI
event: pull request whose target is not said
kind: pull_request
head: 2222222
base: none
origin: Fork
