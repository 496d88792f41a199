# shellcheck shell=bash
# Virtual BMCs, in a virtual environment; Debian's python3-libvirt fits the machine's libvirt, so nothing is compiled.

ensure_python() {
  local stamp=$CACHE/python/.metalwright wanted
  wanted=$(sha256sum <lab/setup/requirements.txt; /usr/bin/python3 --version)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    step python "installing Python tools" install_python_tools
    echo "$wanted" >"$stamp"
  fi
}

install_python_tools() {
  /usr/bin/python3 -m venv --clear --system-site-packages "$CACHE/python" &&
    "$CACHE/python/bin/pip" install --disable-pip-version-check -r lab/setup/requirements.txt
}
