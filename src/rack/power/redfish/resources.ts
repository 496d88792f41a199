import { z } from 'zod';

/**
 * The parts of Redfish resources that are read. BMCs leave out properties, send null, or another type: each part is then
 * as if it were not there.
 */
function lenient<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

const text = lenient(z.string());
const texts = lenient(z.array(z.string()));
const link = lenient(z.object({ '@odata.id': z.string() }));
const links = lenient(z.array(z.object({ '@odata.id': z.string() })));

/** DSP0268 ServiceRoot. */
export const ServiceRoot = z.object({
  Systems: link,
  Managers: link,
  UpdateService: link,
  SessionService: link,
  Links: lenient(z.object({ Sessions: link })),
});

export type ServiceRoot = z.infer<typeof ServiceRoot>;

/** DSP0266 resource collection. */
export const Collection = z.object({
  Members: lenient(z.array(z.object({ '@odata.id': z.string() }))),
  'Members@odata.nextLink': text,
});

export type Collection = z.infer<typeof Collection>;

/** DSP0268 ComputerSystem. */
export const ComputerSystem = z.object({
  '@odata.id': text,
  '@odata.etag': text,
  Id: text,
  Name: text,
  UUID: text,
  Manufacturer: text,
  PowerState: text,
  Boot: lenient(
    z.object({
      BootSourceOverrideMode: text,
      HttpBootUri: z.unknown().optional(),
      'BootSourceOverrideTarget@Redfish.AllowableValues': texts,
      'BootSourceOverrideMode@Redfish.AllowableValues': texts,
    }),
  ),
  Actions: lenient(
    z.object({
      '#ComputerSystem.Reset': lenient(
        z.object({
          target: text,
          'ResetType@Redfish.AllowableValues': texts,
          '@Redfish.ActionInfo': text,
        }),
      ),
    }),
  ),
  '@Redfish.Settings': lenient(z.object({ SettingsObject: link })),
  VirtualMedia: link,
  Links: lenient(z.object({ ManagedBy: links, Chassis: links })),
});
export type ComputerSystem = z.infer<typeof ComputerSystem>;

/** DSP0268 Manager. */
export const Manager = z.object({ '@odata.id': text, VirtualMedia: link });

const action = lenient(z.object({ target: text }));

/** DSP0268 VirtualMedia. */
export const VirtualMedia = z.object({
  '@odata.id': text,
  '@odata.etag': text,
  Id: text,
  MediaTypes: texts,
  Image: text,
  Inserted: lenient(z.boolean()),
  ConnectedVia: text,
  Actions: lenient(z.object({ '#VirtualMedia.InsertMedia': action, '#VirtualMedia.EjectMedia': action })),
});
export type VirtualMedia = z.infer<typeof VirtualMedia>;

/** DSP0268 ActionInfo. */
export const ActionInfo = z.object({
  Parameters: lenient(z.array(z.object({ Name: text, AllowableValues: texts }))),
});

const Messages = lenient(z.array(z.object({ MessageId: text, Message: text })));

/** DSP0268 Task. */
export const Task = z.object({ '@odata.id': text, TaskState: text, TaskStatus: text, Messages });

export type Task = z.infer<typeof Task>;

/** DSP0266 error response. */
export const ErrorBody = z.object({
  error: lenient(z.object({ code: text, message: text, '@Message.ExtendedInfo': Messages })),
});
