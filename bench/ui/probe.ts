/*
 * Scripts that run in the page. They are text: the page has no modules of ours, and the content security policy lets the debugger
 * alone put something in.
 */

/** Before anything else of the page: `firstRows` becomes when the first row was drawn, in milliseconds from the start of the navigation. */
export const watchFirstRows = `
  globalThis.firstRows = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (document.querySelector('[role=row] a[href^="/machines/"]') === null) return;
      observer.disconnect();
      // In the frame after the one that has the rows they are on the screen.
      requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now())));
    }).observe(document, { childList: true, subtree: true });
  });
`;

/** Remembers when a text was first drawn in a row, by text, on the clock of \`performance.timeOrigin\`. */
export const watchTexts = `
  globalThis.seenTexts = {};
  const look = () => {
    for (const cell of document.querySelectorAll('[role=row] [role=gridcell]'))
      globalThis.seenTexts[cell.textContent] ??= performance.timeOrigin + performance.now();
  };
  look();
  new MutationObserver(() => requestAnimationFrame(look)).observe(document.body, { childList: true, subtree: true, characterData: true });
`;

/** Scrolls down at a steady speed for so many seconds; gives when each frame began, in milliseconds, and how far it came. */
export function scrollFor(seconds: number, pixelsPerSecond: number): string {
  return `new Promise((resolve) => {
    const frames = [];
    const begin = performance.now();
    const from = scrollY;
    const step = (now) => {
      frames.push(now);
      if (now - begin > ${seconds * 1000}) resolve({ frames, pixels: scrollY - from });
      else {
        scrollTo(0, from + ((now - begin) / 1000) * ${pixelsPerSecond});
        requestAnimationFrame(step);
      }
    };
    requestAnimationFrame(step);
  })`;
}
