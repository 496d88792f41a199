# syntax=docker/dockerfile:1
# One image for operator, rack, server and mw, of amd64 and arm64. `./dev build image` builds it where only Debian packages and npm are to be had.
#
#   BUILD_BASE  has Node 24 and npm in /usr/local, and a C library that runs them, for the computer that builds
#   NODE        has Node 24 as /usr/local/bin/node, for the image
#   BASE        what the image stands on: Debian
#   RUNTIME     what its programs need of that: a C library, OpenSSH's client, virsh, the CA certificates, and nothing
#               with set-user-ID; by default packages of Debian are installed, for another architecture by an emulator
#   LOADERS     has the boot loaders of Debian's packages; by default they are unpacked

ARG BUILD_BASE=docker.io/library/node:24-trixie-slim
ARG NODE=docker.io/library/node:24-trixie-slim
ARG BASE=docker.io/library/debian:trixie-slim
ARG LOADERS=loaders-of-packages
ARG RUNTIME=runtime-of-packages

# The same files whatever the image is for, of packages of amd64: nothing of them runs here.
FROM --platform=$BUILDPLATFORM ${BASE} AS loaders-of-packages
WORKDIR /packages
RUN dpkg --add-architecture amd64 && apt-get update && \
    apt-get download ipxe isolinux syslinux-common \
      grub-common:amd64 grub-efi-amd64-bin:amd64 grub-efi-amd64-signed:amd64 shim-signed:amd64 && \
    for package in *.deb; do dpkg-deb --extract "$package" unpacked; done && \
    cp -a unpacked/usr/. /usr/

FROM --platform=$BUILDPLATFORM ${LOADERS} AS loaders
COPY images/container/collect-loaders.sh /tmp/
RUN sh /tmp/collect-loaders.sh /loaders

FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
ARG TARGETARCH
WORKDIR /opt/metalwright
COPY package.json package-lock.json ./
COPY web/package.json web/
# Nothing that is installed runs a script.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt sh images/container/assemble.sh /out "$TARGETARCH"

FROM ${NODE} AS node

# Nobody in here becomes anybody else.
FROM ${BASE} AS runtime-of-packages
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates openssh-client libvirt-clients && \
    rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* && \
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +

# Copies alone: for another architecture nothing is emulated.
FROM ${RUNTIME}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title=Metalwright \
      org.opencontainers.image.description="Turns racks of servers into Kubernetes resources" \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION}
COPY --from=loaders /loaders /usr/lib
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=build /out /
ENV NODE_ENV=production NODE_OPTIONS=--disable-warning=ExperimentalWarning HOME=/tmp
WORKDIR /opt/metalwright
# The rack runs as root with two capabilities: see docs/guides/install.md.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/metalwright"]
CMD ["help"]
