engine: CircleCI
event: pull request whose target is not said
kind: pull_request
subject: 2222222
base: none
origin: Own
