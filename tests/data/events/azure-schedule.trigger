engine: Azure Pipelines
event: Schedule
kind: schedule
ref: refs/heads/main
subject: 2222222
base: none
origin: Own
