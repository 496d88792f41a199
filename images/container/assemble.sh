#!/bin/sh
# Puts the programs together as the image holds them, but for Node. Usage, in the sources with all packages installed:
#   assemble.sh FOLDER [amd64|arm64]     the architecture of the image, this computer's by default
set -eu
to=$1
case ${2:-} in
  amd64) cpu=x64 ;;
  arm64) cpu=arm64 ;;
  '') cpu=$(node -p process.arch) ;;
  *) echo "no image for $2: amd64 or arm64" >&2 && exit 2 ;;
esac
home=$to/opt/metalwright
mkdir -p "$home" "$to/usr/local/bin"

# The web UI, of the packages that only its building needs.
npm run build --workspace web
mkdir -p "$home/web"
cp -a web/dist "$home/web/"

# What the programs need and no more; nothing that is installed runs a script.
cp -a package.json package-lock.json LICENSE src "$home/"
(cd "$home" && npm ci --omit=dev --workspaces=false --ignore-scripts --os=linux --cpu="$cpu" --libc=glibc --no-audit --no-fund)

# Of what the programs import and of what the web UI was built of, which is in its files. What is installed here may be of another
# architecture than the image: the lock knows those parts too, though less about them.
npm sbom --sbom-format=cyclonedx >/tmp/installed.json
npm sbom --sbom-format=cyclonedx --package-lock-only >/tmp/locked.json
node images/container/parts.ts package-lock.json "$cpu" /tmp/installed.json /tmp/locked.json >"$home/sbom.cdx.json"
node images/container/licences.ts "$home/sbom.cdx.json" . "$home" >"$home/LICENCES.md"

cd "$home"
rm -rf package-lock.json node_modules/.package-lock.json node_modules/.bin
find src -name '*.test.ts' -delete
find src -type d -name testing -prune -exec rm -rf {} +
# Node reads no TypeScript in there.
find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete

cat >"$to/usr/local/bin/metalwright" <<'PROGRAM'
#!/bin/sh
exec /usr/local/bin/node /opt/metalwright/src/bin/metalwright.ts "$@"
PROGRAM
chmod 755 "$to/usr/local/bin/metalwright"
chmod -R go=rX,u+w "$to/opt"
