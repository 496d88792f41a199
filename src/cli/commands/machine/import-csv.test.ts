import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.ts';
import { readRows } from './import-csv.ts';

const mac = '52:54:00:00:00:01';

describe('a CSV', () => {
  it.each([
    [
      'quotes, commas and lines inside them',
      'a,"b,""c""\nd",e\nf,g,h\n',
      [
        [1, 'a', 'b,"c"\nd', 'e'],
        [3, 'f', 'g', 'h'],
      ],
    ],
    [
      'carriage returns, a byte order mark and no line feed at the end',
      '\ufeffa,b\r\nc,d',
      [
        [1, 'a', 'b'],
        [2, 'c', 'd'],
      ],
    ],
    [
      'empty lines and comments',
      'a\n\n# b\n c \n',
      [
        [1, 'a'],
        [4, 'c'],
      ],
    ],
    ['empty fields', 'a,,\n', [[1, 'a', '', '']]],
  ])('is read with %s', (_, text, rows) => {
    expect(parseCsv(text)).toEqual({
      rows: rows.map(([line, ...cells]) => ({ line, cells })),
      unclosed: undefined,
    });
  });

  it('names the line of a quote without an end', () => {
    expect(parseCsv('a\nb,"c\nd').unclosed).toBe(2);
  });
});

describe('an import', () => {
  it.each([
    ['an empty file', '', ['line 1: the file is empty']],
    ['a header alone', 'name,mac\n', ['line 1: there is no row after the header']],
    [
      'an unknown column',
      `name,mac,colour\nr1,${mac},red\n`,
      [expect.stringContaining('line 1: column "colour" is none of')],
    ],
    ['a column twice', `name,mac,name\nr1,${mac},r2\n`, ['line 1: column "name" is there twice']],
    ['too few fields', `name,mac,pool\nr1,${mac}\n`, ['line 2: 2 fields, where the header has 3']],
    ['a name that is none', `name,mac\nR_1,${mac}\n`, [expect.stringContaining('line 2: name "R_1"')]],
    ['no MAC address', 'name,mac\nr1,\n', ['line 2: mac is missing']],
    ['a name twice', `name,mac\nr1,${mac}\nr1,52:54:00:00:00:02\n`, ['line 3: name r1 is that of line 2']],
    [
      'a BMC without a driver',
      `name,mac,bmc-address\nr1,${mac},10.0.0.1\n`,
      ['line 2: bmc-driver is missing'],
    ],
    [
      'an unknown driver',
      `name,mac,bmc-driver\nr1,${mac},magic\n`,
      [expect.stringContaining('line 2: bmc.driver: ')],
    ],
    [
      'a flag that is none',
      `name,mac,approved\nr1,${mac},maybe\n`,
      ['line 2: approved "maybe" is neither true nor false'],
    ],
    [
      'every bad row',
      'name,mac\nr1,x\nr2,y\n',
      [expect.stringContaining('line 2'), expect.stringContaining('line 3')],
    ],
  ])('refuses %s', async (_, text, problems) => {
    expect((await readRows(text)).problems).toEqual(problems);
  });

  it('takes MAC addresses as people write them, and columns in any order', async () => {
    const text = 'Tags,MAC,Name,Boot_Mode,approved\nssd fast,52-54-00-AB-CD-EF;525400abcdf0,r1,uefi,no\n';
    expect(await readRows(text)).toEqual({
      problems: [],
      rows: [
        {
          line: 2,
          draft: {
            metadata: { name: 'r1' },
            spec: {
              macAddresses: ['52:54:00:ab:cd:ef', '52:54:00:ab:cd:f0'],
              architecture: 'amd64',
              tags: ['ssd', 'fast'],
              bootMode: 'UEFI',
              approved: false,
            },
          },
        },
      ],
    });
  });
});
