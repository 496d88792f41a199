import { type SshKey, ssh, trySsh } from '../../../lab/demo/ssh.ts';
import { poll } from '../../../lab/process/poll.ts';

/** The account of the sample OS. */
const user = 'debian';

const questions = {
  hostname: 'hostname',
  os: '. /etc/os-release; echo "$ID $VERSION_ID"',
  serial: 'sudo cat /sys/class/dmi/id/product_serial',
  macs: 'cat /sys/class/net/*/address',
  firmware: 'if [ -d /sys/firmware/efi ]; then echo UEFI; else echo BIOS; fi',
  authorizedKeys: 'cat ~/.ssh/authorized_keys',
  cloudInit: 'cloud-init status --wait',
  instanceId: 'cat /var/lib/cloud/data/instance-id',
  rootBytes: 'df --output=size -B1 / | tail -n 1',
  diskBytes: 'lsblk -bdno SIZE "/dev/$(lsblk -no PKNAME "$(findmnt -no SOURCE /)")"',
  commandLine: 'cat /proc/cmdline',
  userDataFile: 'cat /etc/metalwright-e2e 2>/dev/null || true',
  phoneHomeTokens:
    "sudo grep -rhoE 'phone-home/v1/[^/]+/[A-Za-z0-9_-]+' /var/lib/cloud/seed | sed 's/.*[/]//' | sort -u",
} as const;

/** What an installed OS says of itself, from its inside. */
export type Inside = (question: keyof typeof questions) => string;

/** Waits for the first login that succeeds: the moment at which a person is in. */
export async function firstLogin(key: SshKey, address: string, timeoutMs: number): Promise<void> {
  let said = '';
  const login = async () => {
    const result = await trySsh(key, user, address, 'true');
    said = result.stderr.trim();
    return result.code === 0 ? true : undefined;
  };
  const what = () => `a login at ${address}; ssh last said: ${said}`;
  await poll(login, { what, timeoutMs, intervalMs: 500 });
}

/** Asks all the questions in one session. */
export async function lookInside(key: SshKey, address: string): Promise<Inside> {
  const separator = '----8<----';
  const script = Object.values(questions)
    .map((question) => `(${question}); echo '${separator}'`)
    .join('\n');
  const answers = (await ssh(key, user, address, script)).split(`${separator}\n`);
  const byName = new Map(Object.keys(questions).map((name, index) => [name, (answers[index] ?? '').trim()]));
  return (question) => byName.get(question) ?? '';
}
