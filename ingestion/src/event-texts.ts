/**
 * The text of each event of a batch exactly as it came: a dead letter keeps what the client wrote, digits and duplicate
 * fields included, which no parse and re-write would. Used only for batches in which something was refused.
 */

/**
 * `text` is a body that `JSON.parse` accepts: an array, or an object with an array under `events` (of duplicates the
 * last, as `JSON.parse` has it). Answers the source text of the array's elements, in order.
 */
export function eventTexts(text: string): readonly string[] {
  const start = skipSpace(text, 0);
  if (text[start] === "[") return elementsAt(text, start).texts;
  let found: readonly string[] = [];
  let at = skipSpace(text, start + 1);
  while (text[at] === '"') {
    const nameEnd = stringEnd(text, at);
    const name: unknown = JSON.parse(text.slice(at, nameEnd));
    at = skipSpace(text, skipSpace(text, nameEnd) + 1);
    if (name === "events") {
      const isArray = text[at] === "[";
      const elements = isArray ? elementsAt(text, at) : { texts: [], end: valueEnd(text, at) };
      found = elements.texts;
      at = elements.end;
    } else {
      at = valueEnd(text, at);
    }
    at = skipSpace(text, at);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return found;
}

/** The elements of the array that begins at `open`, and the place behind it. */
function elementsAt(text: string, open: number): { readonly texts: readonly string[]; readonly end: number } {
  const texts: string[] = [];
  let at = skipSpace(text, open + 1);
  while (at < text.length && text[at] !== "]") {
    const end = valueEnd(text, at);
    texts.push(text.slice(at, end));
    at = skipSpace(text, end);
    if (text[at] === ",") at = skipSpace(text, at + 1);
  }
  return { texts, end: at + 1 };
}

/** Without recursion: a body may be nested deeper than the stack. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') {
      at = stringEnd(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") {
      if (depth === 0) return at;
      depth--;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (char === "," || isSpace(char))) return at;
    at++;
  }
  return at;
}

function stringEnd(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

const isSpace = (char: string | undefined) => char === " " || char === "\n" || char === "\r" || char === "\t";

function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text[at])) at++;
  return at;
}
