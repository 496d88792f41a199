import type { BootDevice, BootSource, PowerTarget } from '../driver.ts';
import { isPowerError, powerError } from '../errors.ts';
import type { RedfishClient } from './client.ts';
import { isPassing, type RedfishResponse, statusError } from './faults.ts';
import { ComputerSystem } from './resources.ts';
import type { FoundSystem } from './system.ts';

const targets: Readonly<Record<BootDevice, string>> = {
  Network: 'Pxe',
  UefiHttp: 'UefiHttp',
  Disk: 'Hdd',
  VirtualMedia: 'Cd',
};

/** Makers whose BMCs forget the boot mode when an override does not name it. */
const forgetful = /supermicro|lenovo/i;

/** The `Boot` object of a PATCH (DSP0268, ComputerSystem). */
export interface BootOverride {
  BootSourceOverrideEnabled: 'Once';
  BootSourceOverrideTarget: string;
  BootSourceOverrideMode?: 'UEFI' | 'Legacy';
  HttpBootUri?: string;
}

/**
 * The override for the next boot. The mode is named only when the BMC knows modes and has another one: naming it makes
 * some write firmware settings, which need a boot of their own.
 * @throws CodedError<PowerErrorCode> BmcUnsupported when the BMC does not allow the device.
 */
export function bootOverride(
  device: BootDevice,
  bootMode: PowerTarget['bootMode'],
  system: ComputerSystem,
  source?: BootSource,
): BootOverride {
  const boot = system.Boot;
  const allowed = boot?.['BootSourceOverrideTarget@Redfish.AllowableValues'];
  const target = targetOf(device, system.Manufacturer, allowed);
  if (allowed !== undefined && allowed.length > 0 && !allowed.includes(target)) {
    const seen = `boot device ${device}: the BMC allows only ${allowed.join(', ')}`;
    throw powerError('BmcUnsupported', seen);
  }
  const override: BootOverride = {
    BootSourceOverrideEnabled: 'Once',
    BootSourceOverrideTarget: target,
    // Only a BMC that has the property takes it; without it, the firmware asks DHCP where to load from.
    ...(device === 'UefiHttp' && source !== undefined && boot?.HttpBootUri !== undefined
      ? { HttpBootUri: source.url }
      : {}),
  };
  const mode = bootMode === 'UEFI' ? 'UEFI' : 'Legacy';
  const current = boot?.BootSourceOverrideMode;
  const modes = boot?.['BootSourceOverrideMode@Redfish.AllowableValues'];
  const named = current !== undefined && (current !== mode || forgetful.test(system.Manufacturer ?? ''));
  return named && modes?.includes(mode) !== false ? { ...override, BootSourceOverrideMode: mode } : override;
}

/** Supermicro's virtual drives are USB ones, and its `Cd` is a drive in the machine. */
function targetOf(
  device: BootDevice,
  manufacturer: string | undefined,
  allowed: readonly string[] | undefined,
): string {
  const usb = device === 'VirtualMedia' && allowed?.includes('UsbCd') === true;
  if (usb && (!allowed.includes('Cd') || /supermicro/i.test(manufacturer ?? ''))) return 'UsbCd';
  return targets[device];
}

/**
 * Sets the override, at the settings resource if the system has one that takes it.
 * @returns the BMC's answer, which may name a task. @throws CodedError<PowerErrorCode>
 */
export async function setBootOverride(
  client: RedfishClient,
  found: FoundSystem,
  override: BootOverride,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  const settings = found.system['@Redfish.Settings']?.SettingsObject?.['@odata.id'];
  if (settings !== undefined) {
    const etag = await etagOf(client, settings, signal);
    const response = await patchBoot(client, settings, etag, override, signal);
    if (response.status < 300) return response;
    if (response.status >= 500 || isPassing(response)) throw statusError(response, 'boot override');
  }
  const response = await patchBoot(client, found.path, found.etag, override, signal);
  if (response.status >= 300) throw statusError(response, 'boot override');
  return response;
}

async function patchBoot(
  client: RedfishClient,
  link: string,
  etag: string | undefined,
  override: BootOverride,
  signal: AbortSignal,
): Promise<RedfishResponse> {
  const response = await patch(client, link, etag, { Boot: override }, signal);
  const { BootSourceOverrideMode: mode, HttpBootUri: uri, ...plain } = override;
  if (response.status !== 400 || (mode === undefined && uri === undefined) || isPassing(response))
    return response;
  return await patch(client, link, etag, { Boot: plain }, signal);
}

/**
 * PATCH with If-Match. BMCs disagree about their own ETags: after 412 a weak one is tried as a strong one, then none is
 * sent. That is safe here: nobody else's setting of the next boot is worth keeping.
 */
export async function patch(
  client: RedfishClient,
  link: string,
  etag: string | undefined,
  json: unknown,
  signal: AbortSignal,
  timeoutMs?: number,
): Promise<RedfishResponse> {
  const whole = { method: 'PATCH', link, json, timeoutMs } as const;
  const asked = (match: string | undefined): Promise<RedfishResponse> =>
    client.request({ ...whole, ...(match === undefined ? {} : { headers: { 'if-match': match } }) }, signal);
  let response = await asked(etag);
  if (response.status === 428) response = await asked(etag ?? '*');
  if (response.status === 412 && etag?.startsWith('W/') === true) response = await asked(etag.slice(2));
  if (response.status === 412 && etag !== undefined) response = await asked(undefined);
  return response;
}

async function etagOf(client: RedfishClient, link: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { resource, etag } = await client.get(link, ComputerSystem, signal);
    return etag ?? resource['@odata.etag'];
  } catch (thrown) {
    if (isPowerError(thrown) && !thrown.retryable) return undefined;
    throw thrown;
  }
}
