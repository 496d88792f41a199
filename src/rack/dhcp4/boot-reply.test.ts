import { describe, expect, it } from 'vitest';
import { ascii, quad } from '../../../test/fixtures/packets/dhcp4.ts';
import { option, readText } from './options.ts';
import { aServer, replyOf, subnet, unknown } from './testing/a-server.ts';

describe('boot answers', () => {
  const pxe = { 60: ascii('PXEClient:Arch:00007:UNDI:003000'), 93: Uint8Array.of(0, 7) };
  const list = Uint8Array.of(1, 3, 66, 67);

  it('a PXE client gets one complete offer: file, next server, 60 with 43 that says take it', () => {
    const offer = replyOf(aServer().ask({ options: { ...pxe, 55: list } }));
    expect(offer).toMatchObject({ file: 'snponly.efi', siaddr: quad('10.0.0.1') });
    expect(readText(offer.options, option.vendorClass)).toBe('PXEClient');
    expect(offer.options.get(option.vendorSpecific.code)).toEqual(Uint8Array.of(6, 1, 8, 255));
    expect(offer.options.get(option.bootFileName.code)).toEqual(ascii('snponly.efi\0'));
    expect(offer.options.get(option.tftpServerName.code)).toEqual(ascii('10.0.0.1\0'));
  });

  it('option 60 is not sent to a PXE client that gets no file: EDK2 would ask port 4011', () => {
    const options = { ...pxe, 93: Uint8Array.of(0, 6) };
    const offer = replyOf(aServer().ask({ options }));
    expect(offer.file).toBe('');
    expect(offer.options.has(option.vendorClass.code)).toBe(false);
    expect(offer.options.has(option.vendorSpecific.code)).toBe(false);
  });

  it('option 97 is not needed, as some Intel ROMs send none, and given back when it is sent', () => {
    expect(replyOf(aServer().ask({ options: pxe })).file).toBe('snponly.efi');
    const identifier = new Uint8Array(17).fill(3, 1);
    expect(replyOf(aServer().ask({ options: { ...pxe, 97: identifier } })).options.get(97)).toEqual(
      identifier,
    );
  });

  it('an HTTPClient gets 60 HTTPClient and a URI without a NUL', () => {
    const options = { 60: ascii('HTTPClient:Arch:00016:UNDI:003001'), 93: Uint8Array.of(0, 16), 55: list };
    const offer = replyOf(aServer().ask({ options }));
    expect(readText(offer.options, option.vendorClass)).toBe('HTTPClient');
    expect(offer.options.get(67)).toEqual(ascii('http://10.0.0.1:7480/loaders/snponly.efi'));
    expect(offer.options.has(43)).toBe(false);
  });

  it('iPXE gets its script and is told not to wait for ProxyDHCP', () => {
    const offer = replyOf(aServer().ask({ options: { ...pxe, 77: ascii('iPXE') } }));
    expect(offer.file).toBe('http://10.0.0.1:7480/boot/52-54-00-00-00-01.ipxe');
    expect(offer.options.get(option.ipxe.code)).toEqual(Uint8Array.of(176, 1, 1));
    expect(offer.options.has(option.vendorClass.code)).toBe(false);
  });

  it('nobody gets one where booting is disabled, nor is the backend asked', () => {
    const server = aServer([{ ...subnet, bootDisabled: true }]);
    expect(replyOf(server.ask({ options: pxe })).file).toBe('');
    expect(server.asked).toEqual([]);
  });

  it('an operating system is never asked about', () => {
    const server = aServer();
    server.ask({ options: { 60: ascii('MSFT 5.0') } });
    expect(server.asked).toEqual([]);
  });

  it('sightings tell who asked, on which interface, and what it was given', () => {
    expect(aServer().ask({ options: pxe })).toMatchObject({
      sighting: {
        mac: unknown,
        device: 'eth0',
        vlan: 'v',
        subnet: 'a',
        address: '10.0.0.100',
        architecture: 7,
        stage: 'Discover',
        client: 'PXE',
      },
    });
  });
});
