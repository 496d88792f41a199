import { describe, expect, it } from 'vitest';
import { neighboursAt, parseNeighbours } from './neighbours.ts';

const table = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.9         0x1         0x2         52:54:00:00:00:0A     *        eth1
10.0.0.8         0x1         0x0         00:00:00:00:00:00     *        eth1
10.0.0.9         0x1         0x2         52:54:00:00:00:0b     *        eth2
10.0.0.7         0x1         0x6         52:54:00:00:00:07     *        eth1
`;

describe("the kernel's neighbours", () => {
  it('are who answered, on each interface, also those that a person entered', () => {
    const found = parseNeighbours(table);
    expect(found.get('10.0.0.9')).toEqual([
      { mac: '52:54:00:00:00:0a', device: 'eth1' },
      { mac: '52:54:00:00:00:0b', device: 'eth2' },
    ]);
    expect(found.get('10.0.0.7')).toHaveLength(1);
    expect(found.has('10.0.0.8')).toBe(false);
  });

  it('are none where there is no table', () => {
    expect(neighboursAt('10.0.0.9', '/nonexistent/arp')).toEqual([]);
    expect(parseNeighbours('').size).toBe(0);
  });
});
