import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../../src/api/crd/kinds.ts';
import { namedOptions, type OptionValueField } from '../../../src/domain/dhcp/option-table.ts';
import { invalidObjects, invalidUpdates } from './invalid.ts';
import { changed, crdsFolder, examplesFolder, readExamples, type Setting, startSetting } from './setting.ts';

let setting: Setting;
beforeAll(async () => {
  setting = await startSetting();
});
afterAll(() => setting?.stop());

describe('the examples', () => {
  const files = readdirSync(examplesFolder).filter((name) => name.endsWith('.yaml'));

  it('show every kind', () => {
    const shown = new Set(files.flatMap(readExamples).map(({ kind }) => kind));
    expect([...shown].sort()).toEqual(kinds.map(({ kind }) => kind).sort());
  });

  it.each(files)('%s is taken as it is', async (file) => {
    for (const example of readExamples(file)) expect(await setting.dryRunCreate(example)).toBeUndefined();
  });

  it.each([
    ['a gateway that is link-local', 'subnet-ipv6.yaml', 'spec.gateway', 'fe80::aa'],
    ['a gateway inside', 'subnet-ipv6.yaml', 'spec.gateway', 'fd00:20::1'],
    ['no ranges', 'subnet.yaml', 'spec.ranges', {}],
    [
      'ranges that touch',
      'subnet.yaml',
      'spec.ranges.reserved.1',
      { start: '10.20.0.199', end: '10.20.0.199' },
    ],
    ['a range of one address', 'subnet.yaml', 'spec.ranges.dynamic.0.end', '10.20.0.200'],
    [
      'octets that do not sort as texts',
      'subnet.yaml',
      'spec.ranges.reserved.0',
      { start: '10.20.0.9', end: '10.20.0.100' },
    ],
    [
      'the whole of the space as one network',
      'subnet-ipv6.yaml',
      'spec',
      {
        vlan: 'a',
        cidr: '::/0',
        ranges: { reserved: [{ start: '::', end: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' }] },
      },
    ],
  ])('a subnet may have %s', async (_, file, path, value) => {
    expect(await setting.dryRunCreate(changed(readExamples(file)[0], path, value))).toBeUndefined();
  });

  it('a subnet may have as many IPv6 ranges as the lists take, within the budget of the rules', async () => {
    const ranges = Array.from({ length: 80 }, (_, number) => ({
      start: `fd00:20:1234:5678:9abc:def0:${(number + 256).toString(16)}:1`,
      end: `fd00:20:1234:5678:9abc:def0:${(number + 256).toString(16)}:ffff`,
    }));
    const spec = {
      vlan: 'a',
      cidr: 'fd00:20::/32',
      gateway: 'fd00:20::1',
      ranges: { dynamic: ranges.slice(0, 16), reserved: ranges.slice(16) },
    };
    expect(
      await setting.dryRunCreate(changed(readExamples('subnet-ipv6.yaml')[0], 'spec', spec)),
    ).toBeUndefined();
  });
});

describe('DHCP options', () => {
  it('may be as many as the lists take, within the budget of the rules', async () => {
    const addresses = Array.from({ length: 32 }, (_, n) => `255.255.255.${n + 200}`);
    const options = Array.from({ length: 32 }, (_, n) => ({ code: n + 201, addresses }));
    const dynamic = Array.from({ length: 16 }, (_, n) => ({
      start: `10.20.0.${n + 200}`,
      end: `10.20.0.${n + 200}`,
      dhcpOptions: options.slice(0, 16),
    }));
    const subnet = changed(readExamples('subnet.yaml')[0], 'spec.dhcpOptions', options);
    expect(await setting.dryRunCreate(changed(subnet, 'spec.ranges.dynamic', dynamic))).toBeUndefined();
  });

  it.each(Object.entries(namedOptions))('%s takes its own kind of value and hex', async (name, { field }) => {
    const values: Record<OptionValueField, unknown> = {
      addresses: ['10.20.0.1'],
      text: 'x',
      uint8: [1],
      uint16: [1],
      uint32: [1],
      boolean: true,
      domains: ['a.example'],
      routes: [{ destination: '0.0.0.0/0', gateway: '10.20.0.1' }],
      hex: '00',
    };
    for (const given of [
      { name, [field]: values[field] },
      { name, hex: '00ff' },
    ]) {
      const machine = changed(readExamples('machine-redfish.yaml')[0], 'spec.dhcpOptions', [given]);
      expect(await setting.dryRunCreate(machine)).toBeUndefined();
    }
  });
});

describe('the API server refuses', () => {
  it.each(invalidObjects)('$what ($path of $example)', async ({ example, path, value, refusal }) => {
    const message = await setting.dryRunCreate(changed(readExamples(example)[0], path, value));
    for (const part of refusal) expect(message).toContain(part);
  });
});

describe('kubectl', () => {
  beforeAll(async () => {
    await setting.kubectl.run('apply', '--server-side', '-f', examplesFolder);
  });

  it('shows every kind under the category metal', async () => {
    const shown = await setting.kubectl.run('get', 'metal', '--all-namespaces', '-o', 'name');
    const resources = new Set(
      shown
        .trim()
        .split('\n')
        .map((name) => name.split('/')[0]),
    );
    expect([...resources].sort()).toEqual(kinds.map(({ group, singular }) => `${singular}.${group}`).sort());
  });

  it.each(kinds.map(({ kind, shortNames }) => [kind, shortNames[0]!]))(
    'knows %s by the short name %s',
    async (_, name) => {
      expect((await setting.kubectl.run('get', name, '--all-namespaces', '--no-headers')).trim()).not.toBe(
        '',
      );
    },
  );

  it('has a description for each field of the BMC of a machine', async () => {
    const page = await setting.kubectl.run('explain', 'machine.spec.bmc');
    for (const field of ['address', 'credentialsSecret', 'driver', 'parameters', 'tls'])
      expect(page).toContain(field);
    expect(page).not.toContain('<no description>');
    expect(page).toContain("The machine's power controller");
  });

  it.each([
    ['machines', 'spec.pool=general', 'r1-u07'],
    ['subnets', 'spec.vlan=lab', 'lab'],
    ['bootimages', 'spec.purpose=Ephemeral', 'ephemeral-amd64'],
    ['mwip', 'spec.machine=r1-u07', '10.20.0.50'],
  ])('selects %s by the field %s', async (plural, selector, name) => {
    const found = await setting.kubectl.run('get', plural, '--field-selector', selector, '-o', 'name');
    expect(
      found
        .trim()
        .split('\n')
        .map((line) => line.split('/')[1]),
    ).toEqual([name]);
  });

  it('finds every CRD in the state that the API server calls structural', async () => {
    const conditions = await setting.kubectl.run(
      'get',
      'crd',
      '-o',
      'jsonpath={.items[*].status.conditions[?(@.type=="NonStructuralSchema")].message}',
    );
    expect(conditions).toBe('');
    expect(readdirSync(crdsFolder)).toHaveLength(kinds.length);
  });
});

describe('once the examples are there, the API server refuses to change', () => {
  beforeAll(async () => {
    await setting.kubectl.run('apply', '--server-side', '-f', examplesFolder);
  });

  it.each(invalidUpdates)('$what ($path of $example)', async ({ example, path, value, refusal }) => {
    const message = await setting.dryRunApply(changed(readExamples(example)[0], path, value));
    for (const part of refusal) expect(message).toContain(part);
  });

  it('but takes one more MAC address of a machine', async () => {
    const machine = changed(
      readExamples('machine-redfish.yaml')[0],
      'spec.macAddresses.2',
      '52:54:00:12:34:58',
    );
    expect(await setting.dryRunApply(machine)).toBeUndefined();
  });
});
