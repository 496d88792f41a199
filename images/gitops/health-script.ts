import { type HealthRules, healthRules } from './health-rules.ts';

/**
 * A health check of Argo CD for a kind, in Lua with no library but base and table: what Argo CD gives it.
 * It says `Healthy` only of what has been looked at as its spec is now.
 */
export function healthScript(kind: string, hasStatus: boolean): string {
  if (!hasStatus) return 'return { status = "Healthy", message = "It is what its spec says." }\n';
  const { waits = [], degrades = [], aside = [] }: HealthRules = healthRules[kind] ?? {};
  return [
    'local function says(status, message) return { status = status, message = message or "" } end',
    'local metadata, spec, status = obj.metadata or {}, obj.spec or {}, obj.status or {}',
    'local found = {}',
    'for _, condition in ipairs(status.conditions or {}) do found[condition.type] = condition end',
    'local function is(type, value) return found[type] ~= nil and found[type].status == value end',
    'if metadata.deletionTimestamp ~= nil then',
    '  local message = found.Deleting or found.Ready or {}',
    '  return says("Progressing", "Being deleted. " .. (message.message or ""))',
    'end',
    'if status.observedGeneration ~= metadata.generation or found.Ready == nil then',
    '  return says("Progressing", "Metalwright has not looked at its latest change yet.")',
    'end',
    ...(waits.length === 0
      ? []
      : [
          `local waits = { ${waits.map((reason) => `${reason} = true`).join(', ')} }`,
          'if is("Stalled", "True") and waits[found.Stalled.reason] then return says("Suspended", found.Stalled.message) end',
        ]),
    'if is("Stalled", "True") then return says("Degraded", found.Stalled.message) end',
    'if is("Reconciling", "True") or not is("Ready", "True") then return says("Progressing", found.Ready.message) end',
    ...degrades.map(({ type, status, reasons }) => {
      const among = reasons?.map((reason) => `found.${type}.reason == "${reason}"`).join(' or ');
      const test = `is("${type}", "${status}")${among === undefined ? '' : ` and (${among})`}`;
      return `if ${test} then return says("Degraded", found.${type}.message) end`;
    }),
    ...aside.map(
      (field) => `if spec.${field} == true then return says("Suspended", "spec.${field} is set.") end`,
    ),
    'return says("Healthy", found.Ready.message)',
    '',
  ].join('\n');
}
