import { powerError } from '../errors.ts';

/**
 * The connection URI for virsh. `qemu:///system` stays as it is; for `qemu+ssh://user@host/system` libvirt calls this
 * program in the place of ssh, and asks nobody anything. libvirt's own SSH (libssh) is not used: it misses answers and then
 * stands still for seconds.
 * @throws CodedError<PowerErrorCode> BmcUnreachable for anything else
 */
export function virshUri(address: string, sshCommand: string | undefined): string {
  if (/^(qemu|test|lxc|xen|bhyve):\/\/\/[\w./-]*$/.test(address)) return address;
  const ssh = /^(qemu|xen)\+ssh:\/\/([\w.-]+@[\w.:[\]-]+\/[\w./-]*)$/.exec(address);
  if (ssh === null || sshCommand === undefined) {
    const seen = `"${address}" is neither qemu:///system nor qemu+ssh://user@host/system`;
    throw powerError('BmcUnreachable', seen);
  }
  const query = new URLSearchParams({ command: sshCommand, no_tty: '1' });
  return `${ssh[1]}+ssh://${ssh[2]}?${query}`;
}

/** Whether the connection goes over SSH. */
export function isRemote(address: string): boolean {
  return address.includes('+ssh://');
}
