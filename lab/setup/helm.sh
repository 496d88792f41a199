# shellcheck shell=bash
# helm, for the chart: built once from the Go module proxy, in a minute.

HELM_VERSION=$(sed -n 's/^\thelm\.sh\/helm\/v3 v\([0-9.]*\).*/\1/p' lab/helm/go.mod)
HELM_BIN=$CACHE/bin/helm-$HELM_VERSION

ensure_helm() {
  [ -x "$HELM_BIN/helm" ] && return
  mkdir -p "$HELM_BIN"
  ensure_go
  step helm "building helm $HELM_VERSION (a minute on 2 cores)" build_helm
}

build_helm() {
  local at=helm.sh/helm/v3 flags package minor=${KUBERNETES_VERSION#*.}
  flags="-s -w -X $at/internal/version.version=v$HELM_VERSION"
  # What it takes for the version of a cluster that it does not ask.
  for package in lint/rules chartutil; do
    flags+=" -X $at/pkg/$package.k8sVersionMajor=1 -X $at/pkg/$package.k8sVersionMinor=${minor%%.*}"
  done
  (cd lab/helm &&
    CGO_ENABLED=0 GOFLAGS=-buildvcs=false "$GO" build -trimpath -ldflags "$flags" \
      -o "$HELM_BIN/helm.part" helm.sh/helm/v3/cmd/helm) &&
    mv "$HELM_BIN/helm.part" "$HELM_BIN/helm"
}
