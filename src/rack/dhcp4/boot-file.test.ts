import { describe, expect, it } from 'vitest';
import { bootLoaders, canBoot, selectBootFile } from './boot-file.ts';

const place = { tftpServer: '10.0.0.1', httpBase: 'http://10.0.0.1:7480', mac: '52:54:00:00:00:01' };

describe('the boot file for a client', () => {
  it.each([
    ['BIOS', 0, 'PXEClient:Arch:00000:UNDI:002001', undefined, 'undionly.kpxe'],
    ['a ROM that names no architecture', undefined, 'PXEClient', undefined, 'undionly.kpxe'],
    ['UEFI x64 as EDK2 numbers it', 7, 'PXEClient:Arch:00007:UNDI:003000', undefined, 'snponly.efi'],
    ['UEFI x64 as the registry numbers it', 9, 'PXEClient:Arch:00009', undefined, 'snponly.efi'],
    ['UEFI arm64', 11, 'PXEClient:Arch:00011:UNDI:003000', undefined, 'snponly-arm64.efi'],
  ])('%s: a loader by TFTP', (_name, architecture, vendorClass, userClass, file) => {
    const client = { architecture, vendorClass, userClass };
    expect(selectBootFile(client, place)).toEqual({ kind: 'File', file, nextServer: '10.0.0.1' });
    expect(bootLoaders).toContain(file);
    expect(canBoot(client)).toBe(true);
  });

  it.each([
    ['x64', 16, 'snponly.efi'],
    ['arm64', 19, 'snponly-arm64.efi'],
  ])('UEFI HTTP on %s: the loader as a URI', (_name, architecture, file) => {
    const client = { architecture, vendorClass: `HTTPClient:Arch:000${architecture}`, userClass: undefined };
    expect(selectBootFile(client, place)).toEqual({
      kind: 'HttpUri',
      uri: `http://10.0.0.1:7480/loaders/${file}`,
    });
  });

  it('where HTTPS is configured: for UEFI alone', () => {
    const secure = { ...place, httpsBase: 'https://10.0.0.1:7443' };
    const uefi = { architecture: 16, vendorClass: 'HTTPClient:Arch:00016', userClass: undefined };
    const uri = 'https://10.0.0.1:7443/loaders/snponly.efi';
    expect(selectBootFile(uefi, secure)).toEqual({ kind: 'HttpUri', uri });
    const ipxe = { ...uefi, userClass: 'iPXE' };
    expect(selectBootFile(ipxe, secure)).toEqual(selectBootFile(ipxe, place));
  });

  it.each([0, 7, 11])(
    'iPXE on architecture %i: its own script, although it says PXEClient too',
    (architecture) => {
      const client = { architecture, vendorClass: 'PXEClient:Arch:00000', userClass: 'iPXE' };
      expect(selectBootFile(client, place)).toEqual({
        kind: 'HttpUri',
        uri: 'http://10.0.0.1:7480/boot/52-54-00-00-00-01.ipxe',
      });
    },
  );

  it('IA-32 UEFI: nothing, and it is known to be without a loader', () => {
    const client = { architecture: 6, vendorClass: 'PXEClient:Arch:00006', userClass: undefined };
    expect(selectBootFile(client, place)).toEqual({ kind: 'None' });
    expect(canBoot(client)).toBe(false);
  });

  it.each(['PXEClient', 'HTTPClient'])('%s with a loader that is not there: nothing', (vendorClass) => {
    const client = { architecture: 11, vendorClass, userClass: undefined };
    const has = (loader: string): boolean => loader !== 'snponly-arm64.efi';
    expect(selectBootFile(client, { ...place, has })).toEqual({ kind: 'None' });
    expect(selectBootFile({ ...client, architecture: 7 }, { ...place, has }).kind).not.toBe('None');
  });

  it('an operating system: nothing', () => {
    const client = { architecture: undefined, vendorClass: 'MSFT 5.0', userClass: undefined };
    expect(selectBootFile(client, place)).toEqual({ kind: 'None' });
  });
});
