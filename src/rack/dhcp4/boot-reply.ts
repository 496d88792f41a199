import type { ClientKind } from './boot-file.ts';
import { option, textBytes } from './options.ts';
import type { BootAnswer } from './ports.ts';

/** What a boot answer adds to a message. */
export interface BootFields {
  /** Dotted quad for siaddr; undefined: the DHCP server's own. */
  nextServer: string | undefined;
  /** The `file` field. */
  file: string;
  /** Code and value, in order. */
  options: [number, Uint8Array][];
}

/** PXE discovery control (sub-option 6) 8: take the boot file of this offer, look for no boot server. Then END. */
const takeTheFile = Uint8Array.of(6, 1, 8, 255);
/** iPXE's encapsulated option 176: do not wait for ProxyDHCP offers. */
const noProxy = Uint8Array.of(176, 1, 1);
const fileField = 127;

/**
 * One complete answer to a booting client, since many UEFI ROMs merge no second one.
 *
 * Option 60 `PXEClient` goes out only together with option 43 and a file: EDK2 takes an offer with 60 alone as one of a
 * boot server to be asked on port 4011, and fails. The file is in the header always and in option 67 for those who ask
 * for it, with a NUL at its end because ROMs use it as a C string; UEFI HTTP wants it as option 67 and without.
 */
export function bootFields(
  answer: BootAnswer,
  kind: ClientKind,
  requested: (code: number) => boolean,
): BootFields {
  const fields: BootFields = { nextServer: undefined, file: '', options: [] };
  if (kind === 'iPXE') fields.options.push([option.ipxe.code, noProxy]);
  if (answer.kind === 'None') return fields;
  const name = answer.kind === 'File' ? answer.file : answer.uri;
  if (name.length <= fileField) fields.file = name;
  if (kind === 'HTTPClient') {
    fields.options.push([option.vendorClass.code, textBytes('HTTPClient')]);
    fields.options.push([option.bootFileName.code, textBytes(name)]);
    return fields;
  }
  if (answer.kind === 'File') {
    fields.nextServer = answer.nextServer;
    if (requested(option.tftpServerName.code)) {
      fields.options.push([option.tftpServerName.code, textBytes(answer.nextServer, true)]);
    }
  }
  if (requested(option.bootFileName.code) || fields.file === '') {
    fields.options.push([option.bootFileName.code, textBytes(name, true)]);
  }
  if (kind === 'PXE') {
    fields.options.push([option.vendorClass.code, textBytes('PXEClient')]);
    fields.options.push([option.vendorSpecific.code, takeTheFile]);
  }
  return fields;
}
