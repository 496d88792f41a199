# syntax=docker/dockerfile:1
# One image for operator, rack, server and mw. `./dev build image` builds it where only Debian packages and npm are to be had.
#
#   BUILD_BASE  has Node 24 and npm in /usr/local, and a C library that runs them
#   BASE        what the image stands on: Debian with a C library, OpenSSH's client and the CA certificates
#   LOADERS     has the boot loaders of Debian's packages; by default they are installed

ARG BUILD_BASE=docker.io/library/node:24-trixie-slim
ARG BASE=docker.io/library/debian:trixie-slim
ARG LOADERS=loaders-of-packages
ARG RUNTIME=runtime-of-packages

FROM ${BASE} AS loaders-of-packages
RUN apt-get update && \
    apt-get install --yes --no-install-recommends \
      ipxe isolinux syslinux-common grub-efi-amd64-bin grub-efi-amd64-signed shim-signed

FROM ${LOADERS} AS loaders
COPY images/container/collect-loaders.sh /tmp/
RUN sh /tmp/collect-loaders.sh /loaders

FROM ${BUILD_BASE} AS build
WORKDIR /opt/metalwright
COPY package.json package-lock.json ./
COPY web/package.json web/
# Nothing that is installed runs a script.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt sh images/container/assemble.sh /out

FROM ${BASE} AS runtime-of-packages
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates openssh-client libvirt-clients && \
    rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*

FROM ${RUNTIME}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title=Metalwright \
      org.opencontainers.image.description="Turns racks of servers into Kubernetes resources" \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION}
COPY --from=loaders /loaders /usr/lib
COPY --from=build /out /
# Nobody in here becomes anybody else.
RUN find / -xdev -type f -perm /6000 -exec chmod a-s {} +
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning HOME=/tmp
WORKDIR /opt/metalwright
# The rack runs as root with two capabilities: see docs/guides/install.md.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/metalwright"]
CMD ["help"]
