import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestCommandLine, renderKernelCommandLine } from './kernel-command-line.ts';

const line = {
  rack: 'http://10.0.0.1:7480',
  mac: '52:54:00:12:34:56',
  token: 'k'.repeat(43),
  extra: ['mitigations=off', 'console=ttyS1,115200n8'],
};

describe('renderKernelCommandLine', () => {
  it('puts the words that identify the machine last', () => {
    expect(renderKernelCommandLine(line)).toEqual([
      'console=tty0',
      'console=ttyS0,115200n8',
      'mitigations=off',
      'console=ttyS1,115200n8',
      'mw.rack=http://10.0.0.1:7480',
      'mw.mac=52:54:00:12:34:56',
      `mw.token=${'k'.repeat(43)}`,
    ]);
  });

  it('says by what the agent knows its rack, where that is by HTTPS', () => {
    const authority = 'e'.repeat(64);
    const api = { port: 7443, authority, name: 'rack.example' };
    expect(renderKernelCommandLine({ ...line, api })).toEqual(
      expect.arrayContaining(['mw.https=7443', `mw.ca=${authority}`, 'mw.name=rack.example']),
    );
  });

  it('asks to enlist when there is no token', () => {
    expect(renderKernelCommandLine({ ...line, token: undefined })).toContain('mw.enlist=1');
  });

  it.each([
    ['a setting of iPXE', `a=\${net0/mac}`],
    ['a second command', 'a||reboot'],
    ['two words', 'a b'],
    ['an end of line', 'a\nreboot'],
    ['a comment', '#'],
    ['an option of iPXE', '--name'],
    ['another token', 'mw.token=mine'],
    ['nothing', ''],
    ['a quote', "a='b'"],
  ])('refuses %s as an argument', (_, argument) => {
    expect(renderKernelCommandLine({ ...line, extra: [argument] })).toHaveProperty('refused');
  });

  it.each([
    ['rack', { rack: 'http://10.0.0.1/ x' }],
    ['MAC address', { mac: '52:54:00:12:34:56 init=/bin/sh' }],
    ['token', { token: 'short' }],
    ['name', { api: { port: 7443, authority: 'e'.repeat(64), name: 'a b' } }],
  ])('refuses a %s that is none', (_, wrong) => {
    expect(renderKernelCommandLine({ ...line, ...wrong })).toHaveProperty('refused');
  });

  it('refuses what the kernel would cut off', () => {
    const extra = Array.from({ length: 20 }, (_, index) => `a${index}=${'x'.repeat(120)}`);
    expect(renderKernelCommandLine({ ...line, extra })).toHaveProperty('refused');
  });

  it('renders words without a letter of its own meaning, whatever it is given', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (extra) => {
        const words = renderKernelCommandLine({ ...line, extra });
        if ('refused' in words) return true;
        return (
          words.every((word) => !/[\s$#;&|"'\\{}]/.test(word)) && words.join(' ').length <= longestCommandLine
        );
      }),
    );
  });
});
