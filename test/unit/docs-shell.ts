/** A command of a page. */
export interface DocumentedCommand {
  page: string;
  /** As the shell would pass them on; what it would fill in is left as it is written, or `$()`. */
  words: readonly string[];
  /** `NAME=value` before it, or of `export`. */
  assignments: readonly string[];
  /** Behind it on its line. */
  comment: string;
  /** In a sentence, not in a block. */
  isInline: boolean;
}

/** A fenced block of a page. */
export interface Fenced {
  page: string;
  language: string;
  text: string;
}

export function fencedBlocks(page: string, text: string): Fenced[] {
  return [...text.matchAll(/^( *)```(\w*)\n(.*?)^ *```$/gms)].map(
    ([, indent = '', language = '', body = '']) => ({
      ...{ page, language },
      text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
}

/** The commands of a block: all of a block of `sh`; of others what stands behind a `$`. */
export function commandsOf({ page, language, text }: Fenced): DocumentedCommand[] {
  const script =
    language === 'sh' ? text : [...text.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line).join('\n');
  return parseShell(script).map((command) => ({ page, isInline: false, ...command }));
}

/** Commands in the text of a page, between backticks, that begin with one of the programs. */
export function inlineCommands(page: string, text: string, programs: readonly string[]): DocumentedCommand[] {
  const prose = text.replaceAll(/^( *)```.*?^ *```$/gms, '');
  const spans = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return spans
    .filter((span) => programs.some((program) => span.startsWith(`${program} `)))
    .flatMap((span) => parseShell(span).map((command) => ({ page, isInline: true, ...command })));
}

type Parsed = Omit<DocumentedCommand, 'page' | 'isInline'>;

/** As much of a shell as pages have: quotes, substitutions, here-documents, redirections, lists and pipes. */
export function parseShell(script: string): Parsed[] {
  const found: Parsed[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let comment = '';
  let redirects = false;
  let hereEnds: string[] = [];
  let at = 0;

  function endWord(): void {
    if (word !== undefined && !redirects) words.push(word);
    if (word !== undefined) redirects = false;
    word = undefined;
  }
  function endCommand(): void {
    endWord();
    redirects = false;
    if (words.length > 0) found.push(withoutPrefix(words, comment));
    [words, comment] = [[], ''];
  }
  /** Behind `$(`. */
  function substitution(): string {
    const end = closing(script, at);
    found.push(...parseShell(script.slice(at, end)));
    at = end + 1;
    return '$()';
  }
  function quoted(): string {
    let text = '';
    while (at < script.length && script[at] !== '"') {
      if (script.startsWith('$(', at)) {
        at += 2;
        text += substitution();
      } else {
        if (script[at] === '\\') at += 1;
        text += script[at] ?? '';
        at += 1;
      }
    }
    at += 1;
    return text;
  }
  function newLine(): void {
    endCommand();
    for (const end of hereEnds.splice(0)) {
      while (at < script.length) {
        const next = script.indexOf('\n', at);
        const line = script.slice(at, next < 0 ? undefined : next);
        at = next < 0 ? script.length : next + 1;
        if (line.trim() === end) break;
      }
    }
  }

  while (at < script.length) {
    const letter = script[at] ?? '';
    at += 1;
    const here = letter === '<' ? /^<-?\s*(['"]?)(\w+)\1/.exec(script.slice(at)) : null;
    if (here !== null) {
      hereEnds = [...hereEnds, here[2] ?? ''];
      at += here[0].length;
    } else if (letter === '\\') {
      if (script[at] !== '\n') word = (word ?? '') + (script[at] ?? '');
      at += 1;
    } else if (letter === "'") {
      const end = script.indexOf("'", at);
      word = (word ?? '') + script.slice(at, end);
      at = end + 1;
    } else if (letter === '"') word = (word ?? '') + quoted();
    else if (letter === '$' && script[at] === '(') {
      at += 1;
      word = (word ?? '') + substitution();
    } else if (letter === '#' && word === undefined) {
      const end = script.indexOf('\n', at);
      comment = script.slice(at, end < 0 ? undefined : end).trim();
      at = end < 0 ? script.length : end;
    } else if (letter === '\n') newLine();
    else if (letter === '<' || letter === '>') {
      if (/^\d$/.test(word ?? '')) word = undefined;
      endWord();
      redirects = true;
      if (script[at] === letter || script[at] === '&') at += 1;
    } else if (';|&()'.includes(letter)) endCommand();
    else if (letter === ' ' || letter === '\t') endWord();
    else word = (word ?? '') + letter;
  }
  endCommand();
  return found;
}

/** The `)` that belongs to what is before `from`. */
function closing(script: string, from: number): number {
  let [depth, quote] = [1, ''];
  for (let at = from; at < script.length; at += 1) {
    const letter = script[at] ?? '';
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '(') depth += 1;
    else if (letter === ')') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  throw new Error(`$( is not closed in ${script}`);
}

function withoutPrefix(all: readonly string[], comment: string): Parsed {
  const words = all.filter((word, index) => index > 0 || word !== 'sudo');
  const isAssignment = (word: string): boolean => /^[A-Za-z_]\w*=/.test(word);
  const exports = words[0] === 'export';
  const rest = exports ? words.slice(1) : words;
  const first = rest.findIndex((word) => !isAssignment(word));
  const count = first < 0 ? rest.length : first;
  return { words: rest.slice(count), assignments: rest.slice(0, count), comment };
}
