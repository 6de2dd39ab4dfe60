engine: Azure Pipelines
event: IndividualCI, BatchedCI, any other
kind: push
ref: refs/heads/main
head: 2222222
base: none
origin: Own
