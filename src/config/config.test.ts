import { describe, expect, it } from 'vitest';
import { CodedError } from '../errors/coded-error.ts';
import { OperatorConfiguration } from './operator.ts';
import { type Environment, parseConfiguration } from './parse.ts';
import { RackConfiguration } from './rack.ts';
import { ServerConfiguration } from './server.ts';

const named = { METALWRIGHT_RACK_NAME: 'node-1' };

function problemOf(environment: Environment): string {
  try {
    parseConfiguration(RackConfiguration, { ...named, ...environment });
    return '';
  } catch (error) {
    if (error instanceof CodedError && error.code === 'ConfigurationInvalid') return error.message;
    throw error;
  }
}

describe('every configuration', () => {
  it('reads variables that others have named, too', () => {
    const database = 'postgres://metalwright@db/metalwright';
    const server = parseConfiguration(ServerConfiguration, {
      ...{ DATABASE_URL: database, METALWRIGHT_HISTORY_DIRECTORY: '/history', PATH: '/bin', EMPTY: '' },
    });
    expect(server.history).toMatchObject({ databaseUrl: database });
    const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    expect(parseConfiguration(OperatorConfiguration, collector).traces?.url).toBe(
      'http://collector:4318/v1/traces',
    );
  });
});

describe('the configuration of the rack', () => {
  it('has a default for everything', () => {
    expect(parseConfiguration(RackConfiguration, named)).toMatchObject({
      name: 'node-1',
      namespace: 'metalwright-system',
      logLevel: 'info',
      interfaces: [],
      httpPort: 7480,
      imageDirectories: ['/var/lib/metalwright/images'],
      imageCacheBytes: 64 * 1024 ** 3,
      autoApprove: false,
      powerPollMs: 60_000,
      bmcPaceMs: 5_000,
    });
  });

  it.each<[string, Environment, object]>([
    [
      'lists at commas, blanks left out',
      { METALWRIGHT_RACK_INTERFACES: ' eth1, ,eth2,' },
      { interfaces: ['eth1', 'eth2'] },
    ],
    ['yes for true', { METALWRIGHT_AUTO_APPROVE: 'yes' }, { autoApprove: true }],
    ['0 for false', { METALWRIGHT_AUTO_APPROVE: '0' }, { autoApprove: false }],
    ['seconds as milliseconds', { METALWRIGHT_POWER_POLL_SECONDS: '10' }, { powerPollMs: 10_000 }],
    ['mebibytes as bytes', { METALWRIGHT_IMAGE_CACHE_MIB: '64' }, { imageCacheBytes: 67_108_864 }],
    ['an empty value as none', { METALWRIGHT_HTTP_PORT: '' }, { httpPort: 7480 }],
    [
      'its own variables alone',
      { PATH: '/bin', SOMETHING_ELSE: 'x', METALWRIGHT_SERVICE_HOST: '10.96.0.1' },
      { httpPort: 7480 },
    ],
  ])('reads %s', (_sentence, environment, expected) => {
    expect(parseConfiguration(RackConfiguration, { ...named, ...environment })).toMatchObject(expected);
  });

  it.each<[string, Environment, string]>([
    ['a port that is none', { METALWRIGHT_HTTP_PORT: '70000' }, 'METALWRIGHT_HTTP_PORT'],
    [
      'a number with a unit',
      { METALWRIGHT_POWER_POLL_SECONDS: '10s' },
      'METALWRIGHT_POWER_POLL_SECONDS: a whole number',
    ],
    ['a word for a flag', { METALWRIGHT_AUTO_APPROVE: 'perhaps' }, 'METALWRIGHT_AUTO_APPROVE'],
    ['a log level that does not exist', { METALWRIGHT_LOG_LEVEL: 'loud' }, 'METALWRIGHT_LOG_LEVEL'],
    ['a name that no object can have', { METALWRIGHT_RACK_NAME: 'Node_1' }, 'METALWRIGHT_RACK_NAME'],
    ['a namespace that cannot be', { METALWRIGHT_NAMESPACE: 'a/b' }, 'METALWRIGHT_NAMESPACE'],
    [
      'a directory that depends on where it was started',
      { METALWRIGHT_STATE_DIR: 'state' },
      'METALWRIGHT_STATE_DIR',
    ],
    ['an image directory that does', { METALWRIGHT_IMAGE_DIRS: '/images,more' }, 'METALWRIGHT_IMAGE_DIRS'],
    [
      'an interface that cannot be',
      { METALWRIGHT_RACK_INTERFACES: 'a-name-that-is-too-long' },
      'METALWRIGHT_RACK_INTERFACES',
    ],
    [
      'an admin endpoint for all without a certificate',
      { METALWRIGHT_ADMIN_ADDRESS: '0.0.0.0' },
      'METALWRIGHT_ADMIN_CERTIFICATE',
    ],
    [
      'an admin certificate without its key',
      { METALWRIGHT_ADMIN_CERTIFICATE: '/c' },
      'METALWRIGHT_ADMIN_KEY',
    ],
    [
      'an admin address that is a name',
      { METALWRIGHT_ADMIN_ADDRESS: 'localhost' },
      'METALWRIGHT_ADMIN_ADDRESS',
    ],
  ])('refuses %s, and names the variable', (_sentence, environment, message) => {
    expect(problemOf(environment)).toContain(message);
  });

  it.each<[string, Record<string, string>, unknown]>([
    ['on the loopback', {}, { address: '127.0.0.1', port: 7481, tls: undefined }],
    [
      'anywhere with a certificate',
      { METALWRIGHT_ADMIN_ADDRESS: '::', METALWRIGHT_ADMIN_CERTIFICATE: '/c', METALWRIGHT_ADMIN_KEY: '/k' },
      { address: '::', port: 7481, tls: { certificatePath: '/c', keyPath: '/k' } },
    ],
    [
      'nowhere when its port is 0',
      { METALWRIGHT_ADMIN_PORT: '0', METALWRIGHT_ADMIN_ADDRESS: '0.0.0.0' },
      undefined,
    ],
  ])('has an admin endpoint %s', (_sentence, environment, admin) => {
    expect(parseConfiguration(RackConfiguration, environment).admin).toEqual(admin);
  });

  it('names every bad variable at once', () => {
    const problem = problemOf({ METALWRIGHT_HTTP_PORT: 'x', METALWRIGHT_LOG_LEVEL: 'y' });
    expect(problem).toContain('METALWRIGHT_HTTP_PORT');
    expect(problem).toContain('METALWRIGHT_LOG_LEVEL');
  });
});

describe('the configuration of the operator', () => {
  it('has a default for everything', () => {
    const { timeoutsMs, ...rest } = parseConfiguration(OperatorConfiguration, {});
    expect(rest).toMatchObject({ namespace: 'metalwright-system', logLevel: 'info', kubeconfig: undefined });
    expect(Object.values(timeoutsMs).every((ms) => ms >= 60_000)).toBe(true);
  });

  it('reads timeouts in seconds', () => {
    const { timeoutsMs } = parseConfiguration(OperatorConfiguration, { METALWRIGHT_TIMEOUT_BOOT: '90' });
    expect(timeoutsMs.boot).toBe(90_000);
  });

  it('refuses a timeout of nothing', () => {
    expect(() => parseConfiguration(OperatorConfiguration, { METALWRIGHT_TIMEOUT_BOOT: '0' })).toThrow(
      'METALWRIGHT_TIMEOUT_BOOT',
    );
  });
});
