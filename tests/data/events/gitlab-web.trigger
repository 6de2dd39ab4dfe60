engine: GitLab
event: web, api, trigger, chat, pipeline
kind: manual
ref: refs/heads/main
subject: 2222222
base: none
default branch: main
origin: Own
services: migrator
version: 2.0.0
