import { z } from 'zod';

/**
 * The words of a console's WebSocket. Bytes of the serial line go as binary messages, both ways; these go as text, in JSON. Rack,
 * server, command line and web UI share them.
 */

/** What a console is: Serial over LAN, the console of a hypervisor, or the account of the boot, which is read only. */
export const consoleKinds = ['Sol', 'Libvirt', 'BootLog'] as const;
export const ConsoleKind = z.enum(consoleKinds);
export type ConsoleKind = z.infer<typeof ConsoleKind>;

/** How the line to the machine is. `InUse`: another session has it at the BMC. `Failed`: nobody tries again by themselves. */
export const LineState = z.enum(['Opening', 'Open', 'Lost', 'InUse', 'Failed']);
export type LineState = z.infer<typeof LineState>;

/** To a viewer. */
export const ConsoleNews = z.discriminatedUnion('type', [
  /** First of all. What the line said before follows, in binary. */
  z.object({ type: z.literal('Hello'), machine: z.string(), rack: z.string(), kind: ConsoleKind }),
  /** Whether what is typed goes to the machine; one viewer's does. At first, and whenever it changes. */
  z.object({
    type: z.literal('Seat'),
    mode: z.enum(['Interactive', 'Watch']),
    /** Who types, when that is not this viewer. */
    holder: z.object({ user: z.string(), since: z.string() }).optional(),
  }),
  z.object({ type: z.literal('Line'), state: LineState, message: z.string().optional() }),
]);
export type ConsoleNews = z.infer<typeof ConsoleNews>;

/** From a viewer. */
export const ConsoleRequest = z.discriminatedUnion('type', [
  /** From the viewer who types, and from whoever has the line at the BMC. */
  z.object({ type: z.literal('TakeOver') }),
  z.object({ type: z.literal('Break') }),
]);
export type ConsoleRequest = z.infer<typeof ConsoleRequest>;

/** Reasons for which a console's WebSocket is closed, beside those of RFC 6455. */
export const consoleCloseCodes = {
  /** The machine is gone. */
  gone: 4404,
  /** The viewer does not read fast enough. It may connect again. */
  tooSlow: 4408,
  /** Too many viewers. */
  full: 4429,
} as const;

/** Of a request to a rack: whose console it is, percent-encoded, from a caller who may impersonate that user. */
export const onBehalfHeader = 'x-metalwright-user';
