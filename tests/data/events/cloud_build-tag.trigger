engine: Google Cloud Build
event: push of a tag
kind: tag
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: none
origin: Own
