# shellcheck shell=bash
# kube-apiserver and kubectl: from KUBEBUILDER_ASSETS, the cache, or official downloads where they are allowed; else built.

KUBERNETES_VERSION=$(sed -n 's/^\tk8s\.io\/kubernetes v\([0-9.]*\).*/\1/p' lab/kubernetes/go.mod)
KUBERNETES_BIN=$CACHE/bin/kubernetes-$KUBERNETES_VERSION
GO_TOOLCHAIN=go1.26.8

ensure_kubernetes() {
  mkdir -p "$KUBERNETES_BIN"
  PATH=$KUBERNETES_BIN:$PATH
  has_kube_program kube-apiserver || provide_kube_program kube-apiserver
  has_kube_program kubectl || has_system_kubectl || provide_kube_program kubectl
}

# What a node and its control plane run beside the API server: a minute and a half for the first, seconds for the others.
ensure_kubernetes_node() {
  local program
  for program in kube-controller-manager kube-scheduler kube-proxy kubelet; do
    has_kube_program "$program" || provide_kube_program "$program"
  done
}

has_kube_program() { [ -x "${KUBEBUILDER_ASSETS:-/nonexistent}/$1" ] || [ -x "$KUBERNETES_BIN/$1" ]; }

has_system_kubectl() {
  local version
  version=$(kubectl version --client 2>/dev/null | sed -n 's/^Client Version: v\([0-9.]*\).*/\1/p')
  [ -n "$version" ] && version_at_least "$version" 1.30
}

provide_kube_program() {
  if [ "${METALWRIGHT_ALLOW_DOWNLOAD:-}" = 1 ]; then
    step "$1" "downloading $1 $KUBERNETES_VERSION" download_kube_program "$1"
  else
    ensure_go
    step "$1" "building $1 $KUBERNETES_VERSION (3 minutes on 2 cores)" build_kube_program "$1"
  fi
}

download_kube_program() {
  local url arch
  arch=$(dpkg --print-architecture 2>/dev/null || echo amd64)
  url=https://dl.k8s.io/release/v$KUBERNETES_VERSION/bin/linux/$arch/$1
  curl -fsSL --retry 3 -o "$KUBERNETES_BIN/$1.part" "$url" &&
    echo "$(curl -fsSL --retry 3 "$url.sha256")  $KUBERNETES_BIN/$1.part" | sha256sum --check &&
    chmod +x "$KUBERNETES_BIN/$1.part" &&
    mv "$KUBERNETES_BIN/$1.part" "$KUBERNETES_BIN/$1"
}

build_kube_program() {
  local version=v$KUBERNETES_VERSION flags
  flags="-s -w -X k8s.io/component-base/version.gitVersion=$version -X k8s.io/client-go/pkg/version.gitVersion=$version"
  (cd lab/kubernetes &&
    CGO_ENABLED=0 GOFLAGS=-buildvcs=false "$GO" build -trimpath -ldflags "$flags" \
      -o "$KUBERNETES_BIN/$1.part" "k8s.io/kubernetes/cmd/$1") &&
    mv "$KUBERNETES_BIN/$1.part" "$KUBERNETES_BIN/$1"
}

# Sets GO to a Go command that can build the module: the machine's own, or one that it fetches as a Go module.
ensure_go() {
  command -v go >/dev/null || ensure_packages golang-go
  local version
  version=$(go env GOVERSION | sed 's/^go//')
  GO=go
  # From 1.21 on, Go itself fetches the toolchain that a module asks for.
  if ! version_at_least "$version" 1.21; then
    local module=golang.org/toolchain@v0.0.1-$GO_TOOLCHAIN.$(go env GOOS)-$(go env GOARCH)
    GO=$(go env GOPATH)/pkg/mod/$module/bin/go
    [ -x "$GO" ] || step go "fetching $GO_TOOLCHAIN" fetch_go "$module"
    export GOTOOLCHAIN=local
  fi
}

fetch_go() {
  local folder
  folder=$(cd / && go env GOPATH)/pkg/mod/$1
  (cd "$(mktemp -d)" && GOFLAGS=-mod=mod go mod download "$1") &&
    # Files of a module are not executable.
    chmod -R u+w "$folder" &&
    chmod +x "$folder"/bin/* "$folder"/pkg/tool/*/*
}
