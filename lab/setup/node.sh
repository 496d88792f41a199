# shellcheck shell=bash
# The npm packages of package-lock.json; Node 24 is one of them, so the machine's own Node only has to run npm.

ensure_node() {
  local stamp=node_modules/.metalwright-lock wanted
  wanted=$(sha256sum package-lock.json)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    command -v npm >/dev/null || ensure_packages npm
    step npm "installing npm packages" install_npm_packages
    echo "$wanted" >"$stamp"
  fi
}

install_npm_packages() {
  npm ci --no-audit --no-fund &&
    # Some versions of npm run no install script of a package: Node's fetches the binary.
    { node_modules/.bin/node --version || (cd node_modules/node && node installArchSpecificPackage.js); } &&
    node_modules/.bin/node --version
}
