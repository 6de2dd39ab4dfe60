engine: Bitbucket Pipelines
event: tag
kind: tag
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: none
origin: Own
