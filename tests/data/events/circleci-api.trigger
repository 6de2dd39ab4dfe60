engine: CircleCI
event: api, explicit
kind: manual
ref: refs/heads/main
subject: 2222222
base: none
default branch: main
origin: Own
services: migrator
