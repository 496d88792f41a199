# shellcheck shell=bash
# The npm packages of package-lock.json; Node 24 is one of them, so the machine's own Node only has to run npm.

ensure_node() {
  local stamp=node_modules/.metalwright-lock wanted
  wanted=$(sha256sum package-lock.json)
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    command -v npm >/dev/null || ensure_packages npm
    step npm "installing npm packages" npm_packages "$wanted"
  fi
}

# A checkout with the packages of another one copies them: npm takes five times as long. The stamp comes last.
npm_packages() {
  local kept="$CACHE/npm-packages/${1:0:16}-$(uname -m)"
  if [ -d "$kept" ]; then
    rm -rf node_modules && cp -a --reflink=auto "$kept" node_modules
  else
    install_npm_packages && keep_npm_packages "$kept"
  fi && echo "$1" >node_modules/.metalwright-lock
}

install_npm_packages() {
  npm ci --no-audit --no-fund &&
    # Some versions of npm run no install script of a package: Node's fetches the binary.
    { node_modules/.bin/node --version || (cd node_modules/node && node installArchSpecificPackage.js); } &&
    node_modules/.bin/node --version
}

# Of the three last locks; who comes between does not see a half of it.
keep_npm_packages() {
  mkdir -p "$(dirname "$1")" && rm -rf "$1.new" && cp -a --reflink=auto node_modules "$1.new" && mv -T "$1.new" "$1" &&
    find "$(dirname "$1")" -mindepth 1 -maxdepth 1 -printf '%T@ %p\n' | sort -rn | tail -n +4 | cut -d' ' -f2- | xargs -r -d '\n' rm -rf
}
