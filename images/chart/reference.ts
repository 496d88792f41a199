import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

/** Lists of these would be as long as what they stand for: the whole of it is one value. */
const whole = new Set(['config', 'resources', 'nodeSelector', 'labels']);

/** `docs/reference/chart.md`: every value of the chart with its default and what the file says about it. */
export function chartReference(values: string): string {
  const document = parseDocument(values);
  if (!isMap(document.contents)) throw new Error('values.yaml is no map');
  const rows = rowsOf(document.contents, '', '').map(
    ({ path, preset, meaning }) => `| \`${path}\` | ${preset} | ${meaning} |`,
  );
  return [
    '# Values of the chart',
    '',
    'Made from `charts/metalwright/values.yaml`. Helm refuses a value that is not here, and one of the wrong type: `values.schema.json`',
    'is made of the same schemas as the programs read their [configuration](configuration.md) by.',
    '',
    '| value | default | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

interface Row {
  path: string;
  preset: string;
  meaning: string;
}

/** What is said above a group of values is the meaning of its first that has none of its own. */
function rowsOf(map: YAMLMap, parent: string, said: string): Row[] {
  let above = said;
  return map.items.flatMap((pair: Pair, index) => {
    const key = isScalar(pair.key) ? `${pair.key.value}` : '';
    const own = isScalar(pair.key) ? pair.key.commentBefore : undefined;
    // The parser keeps what stands above the first key of a map with the map.
    const comment = textOf(own ?? (index === 0 ? map.commentBefore : undefined) ?? '');
    const meaning = comment === '' && index === 0 ? above : comment;
    above = '';
    const path = parent === '' ? key : `${parent}.${key}`;
    if (isMap(pair.value) && pair.value.items.length > 0 && !whole.has(key)) {
      return rowsOf(pair.value, path, meaning);
    }
    const preset = JSON.stringify(pair.value);
    return [{ path, preset: preset === '""' ? '' : `\`${preset.replaceAll('|', '\\|')}\``, meaning }];
  });
}

function textOf(comment: string): string {
  const text = comment.split('\n').map((line) => line.trim());
  return text.join(' ').trim().replaceAll('|', '\\|');
}
