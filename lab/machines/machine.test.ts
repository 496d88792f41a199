import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labInstance, labInstanceNames } from '../instance.ts';
import { renderDomain } from './domain-xml.ts';
import { planMachine } from './machine.ts';

const uefi = { code: '/firmware/code', variables: '/firmware/variables' };
const lab = labInstance('lab', '/checkout');

describe('planMachine', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);

  it('gives every machine a unicast MAC address of QEMU’s and a random-style UUID', () => {
    fc.assert(
      fc.property(name, (machineName) => {
        const machine = planMachine(lab, { name: machineName, firmware: 'bios', bmc: 'ipmi' });
        expect(machine.mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
        expect(machine.uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('gives the same name another identity in another instance, and the same one each time in its own', () => {
    const wish = { name: 'a', firmware: 'uefi', bmc: 'redfish' } as const;
    const plans = labInstanceNames.map((instance) => planMachine(labInstance(instance, '/checkout'), wish));
    expect(new Set(plans.map(({ mac }) => mac)).size).toBe(labInstanceNames.length);
    expect(new Set(plans.map(({ domain }) => domain)).size).toBe(labInstanceNames.length);
    expect(planMachine(lab, wish)).toEqual(planMachine(lab, wish));
  });
});

describe('renderDomain', () => {
  const plan = (firmware: 'bios' | 'uefi') => planMachine(lab, { name: 'a', firmware, bmc: 'ipmi' });

  it('boots from the network first, then from the disk', () => {
    const boots = [...renderDomain(plan('bios'), lab, 'qemu', uefi).matchAll(/<boot dev='(\w+)'\/>/g)];
    expect(boots.map(([, device]) => device)).toEqual(['network', 'hd']);
  });

  it('leaves the network boot of a UEFI machine to its firmware, and that of a BIOS machine to the ROM', () => {
    expect(renderDomain(plan('uefi'), lab, 'qemu', uefi)).toContain("<rom enabled='no'/>");
    expect(renderDomain(plan('bios'), lab, 'qemu', uefi)).not.toContain('<rom');
  });

  it('escapes paths', () => {
    const odd = labInstance('lab', "/it's <here> & there");
    const xml = renderDomain(
      planMachine(odd, { name: 'a', firmware: 'bios', bmc: 'ipmi' }),
      odd,
      'kvm',
      uefi,
    );
    expect(xml).toContain("file='/it&apos;s &lt;here> &amp; there/.lab/lab/machines/a.img'");
  });
});
