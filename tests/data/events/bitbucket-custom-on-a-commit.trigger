engine: Bitbucket Pipelines
event: push, any other
kind: push
head: 2222222
base: none
origin: Own
