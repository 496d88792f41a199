import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ephemeralScript, localDiskScript, waitScript } from './ipxe-script.ts';

const boot = {
  rack: 'http://10.0.0.1:7480',
  machine: 'node-1',
  purpose: 'Install',
  kernelDigest: 'a'.repeat(64),
  initrdDigest: 'b'.repeat(64),
  commandLine: ['console=tty0', 'mw.enlist=1'],
} as const;

describe('iPXE scripts', () => {
  it('to the disk: the first drive that boots with a BIOS, an error to UEFI so that it goes on', () => {
    expect(localDiskScript('node-1 is installed')).toBe(
      [
        '#!ipxe',
        'echo Metalwright: node-1 is installed',
        `iseq \${platform} efi && goto uefi ||`,
        ...[0, 1, 2, 3, 4, 5, 6, 7].map((nth) => `sanboot --no-describe --drive 0x8${nth} ||`),
        ':uefi',
        'exit 1',
        '',
      ].join('\n'),
    );
  });

  it('to the ephemeral OS: kernel and initrd by digest, tried again, and a word to the person', () => {
    const script = ephemeralScript(boot);
    expect(script).toContain('echo Metalwright: booting node-1 over the network to install it\n');
    expect(script).toContain(
      `kernel --name kernel http://10.0.0.1:7480/images/${'a'.repeat(64)} initrd=initrd console=tty0 mw.enlist=1 || goto failed\n`,
    );
    expect(script).toContain(
      `initrd --name initrd http://10.0.0.1:7480/images/${'b'.repeat(64)} || goto failed\n`,
    );
    for (const [, label] of script.matchAll(/goto (\w+)/g)) expect(script).toContain(`\n:${label}\n`);
  });

  it('to wait: the same address again', () => {
    expect(waitScript('fetching', 'http://10.0.0.1:7480/boot/x.ipxe', 3)).toBe(
      '#!ipxe\necho Metalwright: fetching\nsleep 3\nchain --replace http://10.0.0.1:7480/boot/x.ipxe || reboot\n',
    );
  });

  it('a digest that is none is refused', () => {
    expect(() => ephemeralScript({ ...boot, kernelDigest: '../../x' })).toThrow(TypeError);
  });

  it('print any text on one line and as it stands', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const lines = localDiskScript(text).split('\n');
        return (
          lines.length === localDiskScript('').split('\n').length && !/[$#;&|\\{}"'\r]/.test(lines[1] ?? '')
        );
      }),
    );
  });
});
