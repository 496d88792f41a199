import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from '../../../errors/decode-error.ts';
import { childrenOf, descendantsOf, elementAt, textAt, type XmlElement } from './element.ts';
import { parseXml, parseXmlBytes } from './parse.ts';
import { type XmlText, xml, xmlDocument } from './write.ts';

describe('reading XML', () => {
  it('takes attributes, namespaces, text and character data, and drops comments and instructions', () => {
    const root = parseXml(`\ufeff<?xml version="1.0" encoding="UTF-8"?>
      <!-- no element --><s:Envelope xmlns:s="urn:soap" xmlns = 'urn:body'>
        <s:Body><Power state='on &amp; &#x41;&#66;' s:must="1"/><Note>a &lt; <![CDATA[b < c]]></Note></s:Body>
        <?target data?><none xmlns=""/>
      </s:Envelope>
    `);
    expect([root.name, root.namespace]).toEqual(['Envelope', 'urn:soap']);
    const power = elementAt(root, 'Body', 'Power');
    expect(power?.namespace).toBe('urn:body');
    expect([...(power?.attributes ?? [])]).toEqual([
      ['state', 'on & AB'],
      ['s:must', '1'],
    ]);
    expect(textAt(root, 'Body', 'Note')).toBe('a < b < c');
    expect(elementAt(root, 'none')?.namespace).toBeUndefined();
    expect(textAt(root, 'Body', 'Other')).toBeUndefined();
  });

  it('finds elements at any depth, in order', () => {
    const root = parseXml('<a n="0"><b><a n="1"/></b><a n="2"/></a>');
    expect(descendantsOf(root, 'a').map(({ attributes }) => attributes.get('n'))).toEqual(['0', '1', '2']);
    expect(childrenOf(root, 'a')).toHaveLength(1);
  });

  it.each([
    ['nothing', ''],
    ['text only', 'Internal Server Error'],
    ['HTML that is not closed', '<html><body><p>Sorry</body></html>'],
    ['an element that never ends', '<a><b></b>'],
    ['an end too many', '<a/></a>'],
    ['two roots', '<a/><b/>'],
    ['text behind the root', '<a/>!'],
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ['an entity nobody declared', '<a>&nbsp;</a>'],
    ['an entity without its end', '<a>&amp</a>'],
    ['a reference to no character', '<a>&#xd800;</a>'],
    ['an entity that every object has', '<a>&constructor;</a>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute without quotes', '<a b=1/>'],
    ['an undeclared prefix', '<s:a/>'],
    ['a NUL', '<a>\0</a>'],
    ['a nest without end', '<a>'.repeat(100_000)],
  ])('refuses %s', (_, document) => {
    expect(() => parseXml(document)).toThrow(DecodeError);
  });

  it.each([
    ['UTF-8', Buffer.from('<a>ö</a>')],
    ['Latin-1, declared', Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>ö</a>', 'latin1')],
    ['UTF-16, by its mark', Buffer.from('\ufeff<a>ö</a>', 'utf16le')],
  ])('takes bytes in %s', (_, bytes) => {
    expect(parseXmlBytes(bytes).text).toBe('ö');
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from('<a>ö</a>', 'latin1')],
    ['an encoding nobody knows', Buffer.from('<?xml version="1.0" encoding="x-none"?><a/>')],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseXmlBytes(bytes)).toThrow(DecodeError);
  });

  it('throws nothing but DecodeError, whatever it is given', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      '</',
      '<a',
      'a',
      ' b="',
      '"',
      '&',
      ';',
      '<![CDATA[',
      ']]>',
      '<!--',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join('')),
        ),
        (document) => {
          try {
            parseXml(document);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(DecodeError);
          }
        },
      ),
    );
  });
});

describe('writing XML', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/).filter((text) => !/^xmlns/i.test(text));
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
  type Node = Omit<XmlElement, 'namespace'>;
  const tree: fc.Memo<Node> = fc.memo((depth) =>
    fc.record({
      name,
      attributes: fc
        .dictionary(name, text, { maxKeys: 3 })
        .map((entries) => new Map(Object.entries(entries))),
      children:
        depth <= 1
          ? fc.constant([])
          : fc.array(
              tree().map((node) => ({ namespace: undefined, ...node })),
              { maxLength: 3 },
            ),
      text,
    }),
  );
  const write = ({ name: tag, attributes, children, text: own }: Node): XmlText =>
    xml(tag, Object.fromEntries(attributes), own, ...children.map(write));

  it('is read again as what was written', () => {
    fc.assert(
      fc.property(tree(4), (node) => {
        expect(parseXml(xmlDocument(write(node)))).toEqual({ namespace: undefined, ...node });
      }),
      { numRuns: 50 },
    );
  });

  it('leaves out what is undefined, and closes an empty element at once', () => {
    expect(xml('a', { b: undefined, c: 'x"y' }).xml).toBe('<a c="x&quot;y"/>');
  });
});
