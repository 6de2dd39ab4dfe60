engine: Bitbucket Pipelines
event: run by hand or by a schedule, with services filled in
kind: manual
ref: refs/heads/main
subject: 2222222
base: none
origin: Own
services: migrator
