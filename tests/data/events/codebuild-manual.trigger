engine: AWS CodeBuild
event: run by hand, by a schedule or by a pipeline
kind: manual
subject: 2222222
base: none
origin: Own
services: api
