engine: Bitbucket Pipelines
event: push, any other
kind: push
subject: 2222222
base: none
origin: Own
