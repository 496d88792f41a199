# shellcheck shell=bash
# vcsim, the simulator of vSphere by its makers: built once from the Go module proxy, in a minute.

VCSIM_VERSION=$(sed -n 's/^\tgithub\.com\/vmware\/govmomi v\([0-9.]*\).*/\1/p' lab/vcsim/go.mod)
VCSIM_BIN=$CACHE/bin/vcsim-$VCSIM_VERSION

ensure_vcsim() {
  [ -x "$VCSIM_BIN/vcsim" ] && return
  mkdir -p "$VCSIM_BIN"
  ensure_go
  step vcsim "building vcsim $VCSIM_VERSION (a minute on 2 cores)" build_vcsim
}

build_vcsim() {
  (cd lab/vcsim &&
    CGO_ENABLED=0 GOFLAGS=-buildvcs=false "$GO" build -trimpath -ldflags "-s -w" \
      -o "$VCSIM_BIN/vcsim.part" github.com/vmware/govmomi/vcsim) &&
    mv "$VCSIM_BIN/vcsim.part" "$VCSIM_BIN/vcsim"
}
