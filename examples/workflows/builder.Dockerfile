# The image that jobs run in on GitLab and CircleCI: docker, git and rebake.
# The build context is a checkout of rebake, at a commit that you have read.
FROM rust:1.95-alpine AS rebake
RUN apk add --no-cache musl-dev
COPY . /src
RUN cargo install --locked --path /src
FROM docker:28-cli
RUN apk add --no-cache bash curl git jq openssh-client
COPY --from=rebake /usr/local/cargo/bin/rebake /usr/local/bin/
