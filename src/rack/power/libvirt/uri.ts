import { powerError } from '../errors.ts';

/** Files that an SSH connection needs. */
export interface SshFiles {
  privateKey: string;
  knownHosts: string;
}

/**
 * The connection URI for virsh. `qemu:///system` stays as it is; for `qemu+ssh://user@host/system` libvirt's own SSH is
 * used, which takes its key and its known hosts from these files and asks nobody anything.
 * @throws CodedError<PowerErrorCode> BmcUnreachable for anything else
 */
export function virshUri(address: string, files: SshFiles | undefined): string {
  if (/^(qemu|test|lxc|xen|bhyve):\/\/\/[\w./-]*$/.test(address)) return address;
  const ssh = /^(qemu|xen)\+ssh:\/\/([\w.-]+@[\w.:[\]-]+\/[\w./-]*)$/.exec(address);
  if (ssh === null || files === undefined) {
    const seen = `"${address}" is neither qemu:///system nor qemu+ssh://user@host/system`;
    throw powerError('BmcUnreachable', seen);
  }
  const query = new URLSearchParams({
    keyfile: files.privateKey,
    known_hosts: files.knownHosts,
    known_hosts_verify: 'normal',
    sshauth: 'privkey',
    no_tty: '1',
  });
  return `${ssh[1]}+libssh://${ssh[2]}?${query}`;
}

/** Whether the connection goes over SSH. */
export function isRemote(address: string): boolean {
  return address.includes('+ssh://');
}
