import { DecodeError } from '../../../errors/decode-error.ts';
import type { XmlElement } from './element.ts';

/** No BMC nests deeper; a hostile one must not exhaust the stack. */
const deepest = 100;

const name = /[A-Za-z_:\u00c0-\uffff][\w:.\-\u00b7\u00c0-\uffff]*/y;
const space = /[ \t\r\n]*/y;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** An element that is not closed yet. */
interface Open {
  /** As written, with its prefix. */
  tag: string;
  namespaces: ReadonlyMap<string, string>;
  attributes: ReadonlyMap<string, string>;
  children: XmlElement[];
  text: string[];
}

/**
 * The root element of a document in UTF-8, or in what its byte order mark or declaration says.
 * @throws DecodeError
 */
export function parseXmlBytes(bytes: Uint8Array): XmlElement {
  const declared = /^<\?xml[^>]{0,100}?encoding=["']([A-Za-z0-9._-]{1,40})["']/.exec(
    Buffer.from(bytes.subarray(0, 200)).toString('latin1'),
  )?.[1];
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    return parseXml(new TextDecoder(declared ?? wide, { fatal: true }).decode(bytes));
  } catch (thrown) {
    if (thrown instanceof DecodeError) throw thrown;
    throw new DecodeError(`XML: not in the encoding ${declared ?? wide}`);
  }
}

/**
 * The root element of a document (XML 1.0, Namespaces in XML 1.0). Well-formed documents only; a document type is refused,
 * for with it come entities that grow without end and files of the reader. Comments and instructions are dropped.
 * @throws DecodeError
 */
export function parseXml(document: string): XmlElement {
  const reader = createReader(document.replace(/^\ufeff/, ''));
  const tree: Tree = { open: [], root: undefined };
  while (!reader.atEnd()) readPiece(reader, tree);
  if (tree.open.length > 0) throw reader.fault(`${tree.open.at(-1)?.tag} is not closed`);
  if (tree.root === undefined) throw reader.fault('no element');
  return tree.root;
}

interface Tree {
  /** From the root to the innermost. */
  open: Open[];
  root: XmlElement | undefined;
}

function readPiece(reader: Reader, tree: Tree): void {
  if (reader.take('<!--')) reader.until('-->');
  else if (reader.take('<?')) reader.until('?>');
  else if (reader.take('<![CDATA[')) addText(reader.until(']]>'), reader, tree);
  else if (reader.take('<!')) throw reader.fault('a document type');
  else if (reader.take('</')) readEnd(reader, tree);
  else if (reader.take('<')) readBegin(reader, tree);
  else addText(decodeText(reader.before('<'), reader), reader, tree);
}

function addText(text: string, reader: Reader, { open }: Tree): void {
  const parent = open.at(-1);
  if (parent !== undefined) parent.text.push(text);
  else if (text.trim() !== '') throw reader.fault('text outside the root');
}

function readBegin(reader: Reader, tree: Tree): void {
  if (tree.root !== undefined) throw reader.fault('a second root');
  if (tree.open.length >= deepest) throw reader.fault('nested too deep');
  const tag = reader.name();
  const inherited = tree.open.at(-1)?.namespaces ?? new Map();
  tree.open.push({ tag, ...readAttributes(reader, inherited), children: [], text: [] });
  if (reader.take('/>')) close(reader, tree);
  else reader.need('>');
}

function readEnd(reader: Reader, tree: Tree): void {
  if (reader.name() !== tree.open.at(-1)?.tag) throw reader.fault('the end of another element');
  reader.space();
  reader.need('>');
  close(reader, tree);
}

function close(reader: Reader, tree: Tree): void {
  const done = tree.open.pop();
  if (done === undefined) return;
  const element = finish(done, reader);
  const parent = tree.open.at(-1);
  if (parent === undefined) tree.root = element;
  else parent.children.push(element);
}

function finish({ tag, namespaces, attributes, children, text }: Open, reader: Reader): XmlElement {
  const colon = tag.indexOf(':');
  const prefix = colon < 0 ? '' : tag.slice(0, colon);
  const namespace = namespaces.get(prefix);
  if (prefix !== '' && prefix !== 'xml' && namespace === undefined) {
    throw reader.fault(`the prefix ${prefix} is not declared`);
  }
  return {
    name: tag.slice(colon + 1),
    namespace: namespace === '' ? undefined : namespace,
    attributes,
    children,
    text: text.join(''),
  };
}

function readAttributes(
  reader: Reader,
  inherited: ReadonlyMap<string, string>,
): Pick<Open, 'attributes' | 'namespaces'> {
  const attributes = new Map<string, string>();
  let namespaces = inherited;
  for (reader.space(); !reader.at('>') && !reader.at('/>'); reader.space()) {
    const key = reader.name();
    reader.space();
    reader.need('=');
    reader.space();
    const quote = reader.take('"') ? '"' : "'";
    if (quote === "'") reader.need("'");
    const written = reader.until(quote);
    if (written.includes('<')) throw reader.fault('a < in an attribute');
    if (attributes.has(key)) throw reader.fault(`${key} is given twice`);
    const value = decodeText(written.replaceAll(/[\t\r\n]/g, ' '), reader);
    if (key === 'xmlns' || key.startsWith('xmlns:')) {
      namespaces = new Map([...namespaces, [key.slice('xmlns:'.length), value]]);
    } else attributes.set(key, value);
  }
  return { attributes, namespaces };
}

/** Resolves the five entities that there are without a document type, and references to characters. */
function decodeText(text: string, reader: Reader): string {
  if (text.includes('\0')) throw reader.fault('a NUL');
  if (!text.includes('&')) return text;
  return text.replaceAll(/&([^;&]{0,10});?/g, (whole, reference: string) => {
    const known = Object.hasOwn(entities, reference) ? entities[reference] : characterOf(reference);
    if (known === undefined || !whole.endsWith(';')) throw reader.fault('an unknown entity');
    return known;
  });
}

function characterOf(reference: string): string | undefined {
  const hex = /^#x([0-9a-fA-F]{1,6})$/.exec(reference)?.[1];
  const decimal = /^#([0-9]{1,7})$/.exec(reference)?.[1];
  const code = hex === undefined ? Number(decimal ?? Number.NaN) : Number.parseInt(hex, 16);
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? String.fromCodePoint(code) : undefined;
}

interface Reader {
  atEnd(): boolean;
  at(text: string): boolean;
  take(text: string): boolean;
  need(text: string): void;
  space(): void;
  name(): string;
  /** What is before `end`, which is taken too. */
  until(end: string): string;
  /** What is before `end` or the end of the document; `end` is left. */
  before(end: string): string;
  fault(seen: string): DecodeError;
}

function createReader(document: string): Reader {
  let position = 0;
  const fault = (seen: string): DecodeError => new DecodeError(`XML: ${seen} at character ${position}`);
  const match = (pattern: RegExp): string => {
    pattern.lastIndex = position;
    const found = pattern.exec(document)?.[0] ?? '';
    position += found.length;
    return found;
  };
  const at = (text: string): boolean => document.startsWith(text, position);
  const take = (text: string): boolean => {
    const found = at(text);
    if (found) position += text.length;
    return found;
  };
  const upTo = (end: number): string => {
    const found = document.slice(position, end);
    position = end;
    return found;
  };
  return {
    fault,
    at,
    take,
    atEnd: () => position >= document.length,
    need(text) {
      if (!take(text)) throw fault(`no ${text}`);
    },
    space: () => void match(space),
    name() {
      const found = match(name);
      if (found === '') throw fault('no name');
      return found;
    },
    until(end) {
      const found = document.indexOf(end, position);
      if (found < 0) throw fault(`no ${end}`);
      const text = upTo(found);
      position += end.length;
      return text;
    },
    before(end) {
      const found = document.indexOf(end, position);
      return upTo(found < 0 ? document.length : found);
    },
  };
}
