#!/bin/sh
# Puts the programs together as the image holds them. Usage, in the sources with all packages installed: assemble.sh FOLDER
set -eu
to=$1
home=$to/opt/metalwright
mkdir -p "$home" "$to/usr/local/bin"

# The web UI, of the packages that only its building needs.
npm run build --workspace web
mkdir -p "$home/web"
cp -a web/dist "$home/web/"

# Of what the programs import and of what the web UI was built of, which is in its files.
npm sbom --sbom-format=cyclonedx >/tmp/all.json
node images/container/parts.ts package-lock.json </tmp/all.json >"$home/sbom.cdx.json"
node images/container/licences.ts "$home/sbom.cdx.json" . >"$home/LICENCES.md"

# What the programs need and no more; nothing that is installed runs a script.
cp -a package.json package-lock.json LICENSE src "$home/"
cd "$home"
npm ci --omit=dev --workspaces=false --ignore-scripts --no-audit --no-fund
rm -rf package-lock.json node_modules/.package-lock.json node_modules/.bin
find src -name '*.test.ts' -delete
find src -type d -name testing -prune -exec rm -rf {} +
# Node reads no TypeScript in there.
find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

# Node alone, without npm: nothing in the image installs anything.
cp "$(node -p process.execPath)" "$to/usr/local/bin/node"
cat >"$to/usr/local/bin/metalwright" <<'PROGRAM'
#!/bin/sh
exec /usr/local/bin/node /opt/metalwright/src/bin/metalwright.ts "$@"
PROGRAM
chmod 755 "$to/usr/local/bin/metalwright" "$to/usr/local/bin/node"
chmod -R go=rX,u+w "$to/opt"
