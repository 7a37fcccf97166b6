import type { GivenPrompts } from "../encoder/prompts.js";

/** A comma before the next `name=`; other commas belong to the text. */
const separator = /,(?=\s*[A-Za-z_][\w-]*=)/;

/**
 * Parses `query=query: ,document=passage: `, or a text alone, which is the prompt for everything. Spaces of a text are kept; double
 * quotes around it are not. A text alone that begins like `name=` is written `default=…`.
 */
export function parsePrompts(text: string): GivenPrompts {
  const parts = text.split(separator).map((part) => /^\s*([A-Za-z_][\w-]*)=(.*)$/s.exec(part));
  if (parts[0] === null) return unquoted(text);
  return Object.fromEntries(parts.map((part) => [part![1], unquoted(part![2])]));
}

function unquoted(text: string): string {
  return /^"[^"]*"$/s.test(text) ? text.slice(1, -1) : text;
}
