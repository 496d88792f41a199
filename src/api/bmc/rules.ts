import { z } from 'zod';
import type { CelRule } from '../fields.ts';
import type { BmcDriver } from './driver.ts';

/** CEL rules for `spec.bmc`, so that what a driver cannot use is refused when it is applied. */
export function bmcRules(drivers: Readonly<Record<string, BmcDriver>>): CelRule[] {
  const all = Object.entries(drivers);
  const having = (test: (driver: BmcDriver) => boolean): string[] =>
    all.filter(([, driver]) => test(driver)).map(([name]) => name);
  const reached = having(({ address }) => address !== 'None');
  const secret = having(({ secret: { required } }) => required.length > 0);
  const noUrl = having(({ address }) => address === 'HostPort');
  const libvirt = having(({ address }) => address === 'LibvirtUri');
  return [
    {
      rule: `!(self.driver in ${list(reached)}) || has(self.address)`,
      message: `address is required for ${words(reached)}`,
      fieldPath: '.address',
    },
    {
      rule: `!(self.driver in ${list(secret)}) || has(self.credentialsSecret)`,
      message: `credentialsSecret is required for ${words(secret)}`,
      fieldPath: '.credentialsSecret',
    },
    {
      rule: `!(self.driver in ${list(noUrl)}) || !has(self.address) || !self.address.contains('/')`,
      message: `address must be host or host:port, and no URL, for ${words(noUrl)}`,
      fieldPath: '.address',
    },
    {
      rule: `!(self.driver in ${list(libvirt)}) || !has(self.address) || self.address.matches('^[a-z]+([+]ssh)?://')`,
      message: `address must be a URI like qemu+ssh://user@host/system for ${words(libvirt)}`,
      fieldPath: '.address',
    },
    {
      rule: `!has(self.parameters) || self.parameters.all(key, key in {${all
        .map(([name, driver]) => `${text(name)}: ${list(namesOf(driver))}`)
        .join(', ')}}[self.driver])`,
      message: `the driver has no such parameter: ${all
        .filter(([, driver]) => namesOf(driver).length > 0)
        .map(([name, driver]) => `${name} has ${words(namesOf(driver))}`)
        .join('; ')}`,
      fieldPath: '.parameters',
    },
    ...all.flatMap(([name, driver]) => parameterRules(name, driver)),
  ];
}

/** One parameter as JSON Schema has it. */
const Property = z.object({ enum: z.array(z.string()).optional(), pattern: z.string().optional() });
const Parameters = z.object({
  properties: z.record(z.string(), Property),
  required: z.array(z.string()).default([]),
});

function parameterRules(name: string, driver: BmcDriver): CelRule[] {
  const { properties, required } = Parameters.parse(z.toJSONSchema(driver.parameters, { io: 'input' }));
  const other = `self.driver != ${text(name)}`;
  const rule = (condition: string, message: string): CelRule => ({
    rule: `${other} || ${condition}`,
    message: `${name}: ${message}`,
    fieldPath: '.parameters',
  });
  const rules: CelRule[] = [];
  if (required.length > 0) {
    const condition = `(has(self.parameters) && ${list(required)}.all(key, key in self.parameters))`;
    rules.push(rule(condition, `${words(required)} must be given`));
  }
  for (const [key, property] of Object.entries(properties)) {
    const given = `!has(self.parameters) || !(${text(key)} in self.parameters)`;
    const value = `self.parameters[${text(key)}]`;
    if (property.enum !== undefined) {
      rules.push(
        rule(`${given} || ${value} in ${list(property.enum)}`, `${key} is ${words(property.enum, 'or')}`),
      );
    } else if (property.pattern !== undefined) {
      rules.push(
        rule(
          `${given} || ${value}.matches(${text(property.pattern)})`,
          `${key} must match ${property.pattern}`,
        ),
      );
    }
  }
  const { atMostOneOf } = driver;
  if (atMostOneOf !== undefined) {
    const condition = `!has(self.parameters) || ${list(atMostOneOf)}.filter(key, key in self.parameters).size() <= 1`;
    rules.push(rule(condition, `give one of ${words(atMostOneOf, 'or')}, not several`));
  }
  return rules;
}

function namesOf(driver: BmcDriver): string[] {
  return Object.keys(driver.parameters.shape);
}

/** A CEL string. */
function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A CEL list of strings; never empty, for an empty one has no type. */
function list(values: readonly string[]): string {
  return `[${(values.length === 0 ? [''] : values).map(text).join(', ')}]`;
}

function words(values: readonly string[], conjunction = 'and'): string {
  return values.length < 2
    ? values.join('')
    : `${values.slice(0, -1).join(', ')} ${conjunction} ${values.at(-1)}`;
}
