/**
 * The terminal writes its colours and sizes into style elements and style attributes, which the content security policy keeps out:
 * it has no way to tell them from those that somebody smuggled in. The same rules may come through the CSS object model, so that is
 * where these put them.
 */

/** An element that stands for a style element: its text becomes a sheet of the document, until it is removed. */
function styleElement(document: Document): HTMLElement {
  const element: HTMLElement = Document.prototype.createElement.call(document, 'span');
  element.hidden = true;
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  let text = '';
  Object.defineProperty(element, 'textContent', {
    get: () => text,
    set(css: string) {
      text = css;
      sheet.replaceSync(css);
    },
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    HTMLElement.prototype.remove.call(element);
  };
  return element;
}

/**
 * Runs what makes style elements in a document.
 *
 * @param run must not wait for anything: everybody is given these elements while it runs
 */
export function withoutStyleElements(document: Document, run: () => void): void {
  const createElement = (tag: string): HTMLElement =>
    tag === 'style' ? styleElement(document) : Document.prototype.createElement.call(document, tag);
  Object.defineProperty(document, 'createElement', { configurable: true, value: createElement });
  try {
    run();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}

/** As of every element, but a style attribute goes through the object model. */
function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else HTMLElement.prototype.setAttribute.call(this, name, value);
}

/** Has spans take style attributes through the object model, until the answer is called: the terminal colours cells by them. */
export function spansWithoutStyleAttributes(): () => void {
  Object.defineProperty(HTMLSpanElement.prototype, 'setAttribute', {
    configurable: true,
    writable: true,
    value: setAttribute,
  });
  return () => {
    Reflect.deleteProperty(HTMLSpanElement.prototype, 'setAttribute');
  };
}
