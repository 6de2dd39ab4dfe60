engine: AWS CodeBuild
event: push of a tag, release
kind: tag
ref: refs/tags/services/go/api-golang@1.0.9
subject: 2222222
base: none
origin: Own
