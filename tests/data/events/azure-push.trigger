engine: Azure Pipelines
event: IndividualCI, BatchedCI, any other
kind: push
ref: refs/heads/main
subject: 2222222
base: none
origin: Own
