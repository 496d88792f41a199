import { describe, expect, it } from 'vitest';
import { type CommandLine, parseCommandLine } from './command-line.ts';

describe('the kernel command line', () => {
  it.each<[string, CommandLine | undefined]>([
    [
      'quiet mw.rack=http://10.0.0.1:7480/ mw.token=a-b_c== BOOTIF=01-52-54-00-AA-BB-CC',
      { rack: 'http://10.0.0.1:7480', token: 'a-b_c==', enlist: false, bootMac: '52:54:00:aa:bb:cc' },
    ],
    ['mw.rack=http://[2001:db8::1]:7480 mw.enlist=1', { rack: 'http://[2001:db8::1]:7480', enlist: true }],
    [
      'mw.mac=52:54:00:00:00:01 BOOTIF=01-52-54-00-00-00-02 mw.rack=http://r mw.lldp=0',
      { rack: 'http://r', enlist: false, bootMac: '52:54:00:00:00:01', lldpSeconds: 0 },
    ],
    ['mw.rack=http://r BOOTIF=junk mw.lldp=x mw.token=', { rack: 'http://r', enlist: false }],
    [
      `mw.rack=http://r mw.https=7443 mw.ca=${'0f'.repeat(32)} mw.name=rack.example`,
      {
        ...{ rack: 'http://r', enlist: false },
        secure: { port: 7443, authority: '0f'.repeat(32), name: 'rack.example' },
      },
    ],
    ['mw.rack=http://r mw.https=7443', { rack: 'http://r', enlist: false, secure: 'unusable' }],
    ['mw.rack=ftp://r mw.token=t', undefined],
    ['', undefined],
  ])('%s', (text, expected) => expect(parseCommandLine(text)).toEqual(expected));
});
