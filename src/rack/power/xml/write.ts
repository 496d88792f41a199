/** A piece of XML that is complete in itself. */
export interface XmlText {
  readonly xml: string;
}

/**
 * An element with its attributes (undefined: left out) and its content; texts are escaped. Names are the caller's own words
 * and are not checked.
 */
export function xml(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...content: readonly (XmlText | string)[]
): XmlText {
  const written = Object.entries(attributes)
    .map(([key, value]) => (value === undefined ? '' : ` ${key}="${escapeXml(value)}"`))
    .join('');
  const inner = content.map((part) => (typeof part === 'string' ? escapeXml(part) : part.xml)).join('');
  return { xml: inner === '' ? `<${name}${written}/>` : `<${name}${written}>${inner}</${name}>` };
}

/** A whole document in UTF-8. */
export function xmlDocument(root: XmlText): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}`;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** For attributes and text alike. */
export function escapeXml(text: string): string {
  return text.replaceAll(/[&<>"'\t\n\r]/g, (character) => escapes[character] ?? character);
}
