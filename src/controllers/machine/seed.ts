/** What the installed OS is told by cloud-init's NoCloud data source. */
export interface SeedInput {
  machine: string;
  /** uid of the Allocation: cloud-init takes the machine for a new one when it changes. */
  instanceId: string;
  hostname: string;
  sshKeys: readonly string[];
  /** undefined: a minimal cloud-config. */
  userData: string | undefined;
  /** HTTP address of a rack, without a trailing slash. */
  rackUrl: string;
  /** base64url. */
  token: string;
  /** For cloud-init. undefined: the OS asks DHCP. */
  networkConfig?: string | undefined;
}

/** The files of a seed, by their names in the Secret. */
export interface SeedFiles {
  metaData: string;
  userData: string;
  vendorData: string;
  networkConfig?: string;
}

/** Puts the files together. The same input makes the same bytes. */
export function makeSeed(input: SeedInput): SeedFiles {
  const { machine, instanceId, hostname, sshKeys, userData, rackUrl, token } = input;
  const metaData = {
    'instance-id': instanceId,
    'local-hostname': hostname,
    ...(sshKeys.length === 0 ? {} : { 'public-keys': sshKeys }),
  };
  const base = `${rackUrl.replace(/\/+$/, '')}/phone-home/v1/${machine}/${token}`;
  return {
    // YAML is what cloud-init reads, and JSON is YAML.
    metaData: `${JSON.stringify(metaData, undefined, 2)}\n`,
    userData: userData ?? '#cloud-config\n{}\n',
    ...(input.networkConfig === undefined ? {} : { networkConfig: input.networkConfig }),
    vendorData: multipart([
      // The agent has grown the last partition and its file system already: cloud-init would look for ten seconds.
      { type: 'text/cloud-config', name: 'metalwright-disk', body: 'growpart:\n  mode: "off"\n' },
      { type: 'text/cloud-boothook', name: 'metalwright-started', body: startedHook(`${base}/started`) },
      { type: 'text/x-shellscript', name: 'metalwright-finished', body: finishedScript(`${base}/finished`) },
    ]),
  };
}

const boundary = '==metalwright==';

function multipart(parts: readonly { type: string; name: string; body: string }[]): string {
  const lines = [`Content-Type: multipart/mixed; boundary="${boundary}"`, 'MIME-Version: 1.0', ''];
  for (const { type, name, body } of parts) {
    lines.push(
      `--${boundary}`,
      `Content-Type: ${type}; charset="us-ascii"`,
      'MIME-Version: 1.0',
      'Content-Transfer-Encoding: 7bit',
      `Content-Disposition: attachment; filename="${name}"`,
      '',
      body,
    );
  }
  return [...lines, `--${boundary}--`, ''].join('\n');
}

/** Posts to `url` until it is taken or `seconds` are over; 4xx is an answer too: asking again would not change it. */
function poster(url: string, seconds: number, pauseSeconds: number): string {
  return `import time, urllib.error, urllib.request
end = time.monotonic() + ${seconds}
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
taken = False
while not taken:
    try:
        opener.open(urllib.request.Request(${JSON.stringify(url)}, data=b"", method="POST"), timeout=3).close()
        taken = True
    except urllib.error.HTTPError as error:
        taken = 400 <= error.code < 500
    except Exception:
        pass
    if not taken and time.monotonic() + ${pauseSeconds} >= end:
        break
    if not taken:
        time.sleep(${pauseSeconds})
`;
}

/** A boothook runs at every boot, early: a mark limits it to the first of an instance, and a deadline its duration. */
function startedHook(url: string): string {
  return `#!/usr/bin/env python3
import os, sys
mark = "/var/lib/cloud/instance/metalwright-started"
if os.path.exists(mark):
    sys.exit(0)
try:
    open(mark, "w").close()
except OSError:
    pass
${poster(url, 9, 1)}`;
}

/** Vendor scripts run before the user's: the rest happens in the background, when cloud-init has ended. */
function finishedScript(url: string): string {
  return `#!/usr/bin/env python3
import os, subprocess, sys
if os.fork() > 0:
    sys.exit(0)
os.setsid()
null = os.open(os.devnull, os.O_RDWR)
for descriptor in (0, 1, 2):
    os.dup2(null, descriptor)
try:
    subprocess.run(["cloud-init", "status", "--wait"], timeout=3300)
except Exception:
    pass
${poster(url, 1800, 5)}`;
}
