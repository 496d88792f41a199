import { describe, expect, it } from 'vitest';
import { decodeLldpFrame } from '../../src/agent/inventory/lldp/frame.ts';
import { encodeLldpFrame } from './lldp-frame.ts';

describe('the laboratory’s switch', () => {
  it('says who it is in words that the agent understands', () => {
    const mac = Buffer.from('020000000001', 'hex');
    const frame = encodeLldpFrame({ mac, name: 'lab-switch', port: 'mwbr9', lifetimeSeconds: 300 });
    expect(frame.length).toBeGreaterThanOrEqual(60);
    expect(decodeLldpFrame(frame)).toEqual({
      chassisId: '02:00:00:00:00:01',
      chassisName: 'lab-switch',
      portId: 'mwbr9',
      portDescription: 'laboratory, mwbr9',
    });
  });
});
