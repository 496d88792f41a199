/** An element of an XML document, as the drivers read it. */
export interface XmlElement {
  /** Local name, without the prefix. */
  name: string;
  /** URI of its namespace (Namespaces in XML 1.0); undefined when it has none. */
  namespace: string | undefined;
  /** By the name as written, with its prefix; declarations of namespaces are not among them. */
  attributes: ReadonlyMap<string, string>;
  children: readonly XmlElement[];
  /** Its own character data, without that of its children, as written. */
  text: string;
}

/** The first child of that local name, whatever its namespace. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** All children of that local name. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** Follows the first children of these local names. */
export function elementAt(
  element: XmlElement | undefined,
  ...path: readonly string[]
): XmlElement | undefined {
  return path.reduce(childOf, element);
}

/** The text of the element that `elementAt` finds, without spaces around it. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return elementAt(element, ...path)?.text.trim();
}

/** All elements of that local name, at any depth, in document order; the element itself is among them. */
export function descendantsOf(element: XmlElement | undefined, name: string): XmlElement[] {
  if (element === undefined) return [];
  const below = element.children.flatMap((child) => descendantsOf(child, name));
  return element.name === name ? [element, ...below] : below;
}
