engine: Azure Pipelines
event: Manual, ResourceTrigger, BuildCompletion
kind: manual
ref: refs/heads/main
subject: 2222222
base: none
origin: Own
services: migrator
