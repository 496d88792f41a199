import { renderKernelCommandLine } from '../../domain/boot/kernel-command-line.ts';
import { CodedError } from '../../errors/coded-error.ts';
import { bootIso } from './boot-iso.ts';
import type { MediaPrograms } from './boot-programs.ts';
import type { IsoLayout } from './iso9660.ts';
import { tokenOf } from './media-store.ts';
import type { MediaRecord } from './schema.ts';

/**
 * The ISO of a medium: of the same record and secret always the same, whichever process lays it out.
 * @throws CodedError MediaRefused for arguments that cannot be on a kernel command line
 */
export function isoOf(
  media: Readonly<Omit<MediaRecord, 'hash'>>,
  secret: string,
  programs: MediaPrograms,
): IsoLayout {
  const { rack, api, mac, extra, network, kernel, initrd, id, architecture } = media;
  const commandLine = renderKernelCommandLine({ rack, api, mac, extra, network, token: tokenOf(secret) });
  if ('refused' in commandLine) throw new CodedError('MediaRefused', commandLine.refused);
  return bootIso({ architecture, kernel, initrd, commandLine, id }, programs, programs.efi);
}
