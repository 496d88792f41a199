# shellcheck shell=bash
# What GitOps tools make of our objects: kstatus (Flux, Helm) and Argo CD's Lua interpreter, as one program. Built once
# from the Go module proxy, in seconds; again when its source changes.

GITOPS_BIN=$CACHE/bin/gitops-$(cat lab/gitops/main.go lab/gitops/go.mod lab/gitops/go.sum | sha256sum | cut -c1-12)

ensure_gitops() {
  [ -x "$GITOPS_BIN/gitops-verdicts" ] && return
  mkdir -p "$GITOPS_BIN"
  ensure_go
  step gitops "building kstatus and Argo CD's Lua interpreter (seconds)" build_gitops
}

build_gitops() {
  (cd lab/gitops &&
    CGO_ENABLED=0 GOFLAGS=-buildvcs=false "$GO" build -trimpath -ldflags "-s -w" -o "$GITOPS_BIN/gitops-verdicts.part" .) &&
    mv "$GITOPS_BIN/gitops-verdicts.part" "$GITOPS_BIN/gitops-verdicts"
}
