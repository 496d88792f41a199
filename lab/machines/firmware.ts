import { existsSync } from 'node:fs';
import { labError } from '../errors.ts';
import type { UefiFirmware } from './domain-xml.ts';

const FOLDER = '/usr/share/OVMF';
const VARIANTS: readonly UefiFirmware[] = [
  { code: `${FOLDER}/OVMF_CODE_4M.fd`, variables: `${FOLDER}/OVMF_VARS_4M.fd` },
  { code: `${FOLDER}/OVMF_CODE.fd`, variables: `${FOLDER}/OVMF_VARS.fd` },
];

/** Finds the UEFI firmware of Debian's or Ubuntu's package `ovmf`. Throws `ToolMissing`. */
export function findUefiFirmware(): UefiFirmware {
  const found = VARIANTS.find(({ code, variables }) => existsSync(code) && existsSync(variables));
  if (found === undefined) throw labError('ToolMissing', 'no UEFI firmware: install the package ovmf');
  return found;
}
