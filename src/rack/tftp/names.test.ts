import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootLoaders } from '../dhcp4/boot-file.ts';
import { isProbe, virtualName } from './names.ts';

describe('names as firmware sends them', () => {
  it.each(bootLoaders)('%s is found however it is written', (name) => {
    const written = [name, `/${name}`, `//${name}`, `\\${name}`, `./${name}`, `.\\${name}`, `/./${name}`];
    const ends = [...written, name.toUpperCase(), `/${name}`.toUpperCase(), `${name}\xff`, `${name}\xff\xff`];
    expect(new Set(ends.map(virtualName))).toEqual(new Set([name]));
  });

  it.each([
    ['nothing', ''],
    ['a slash', '/'],
    ['what is above', '../etc/passwd'],
    ['what is above, in the middle', 'a/../../b'],
    ['what is above, with backslashes', '..\\windows\\win.ini'],
    ['a control character', 'a\nb'],
    ['letters that no name has', 'snponly\xe9.efi'],
    ['a name without end', 'a'.repeat(300)],
  ])('%s is no name', (_what, name) => {
    expect(virtualName(name)).toBeUndefined();
  });

  it('keeps the folders of a name', () => {
    expect(virtualName('\\EFI\\Boot\\bootx64.efi')).toBe('efi/boot/bootx64.efi');
  });

  it('never lets a way upwards or out through, and is settled once done', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', 'B', '\0', ' ') }), (text) => {
        const name = virtualName(text);
        if (name === undefined) return;
        expect(name.startsWith('/') || name.split('/').includes('..')).toBe(false);
        expect(virtualName(name)).toBe(name);
      }),
    );
  });

  it.each([
    'pxelinux.cfg/default',
    'pxelinux.cfg/01-52-54-00-00-00-01',
    'pxelinux.cfg/c0a80001',
    'grub/grub.cfg-01-52-54-00-00-00-01',
    'efi/debian/grub.cfg',
    'boot/grub/x86_64-efi/command.lst',
    'autoexec.ipxe',
    'revocations.efi',
    'ldlinux.c32',
  ])('%s is tried by loaders, and no news', (name) => {
    expect(isProbe(name)).toBe(true);
  });

  it.each([...bootLoaders, 'etc/passwd', 'kernel.img'])('%s is not', (name) => {
    expect(isProbe(name)).toBe(false);
  });
});
