import type { ValueForm } from "../options/option.js";
import { canonical } from "./values.js";

/**
 * The value that a word of the command line stands for: `0.05`, `true`, `cosine`, `256,128,64`, `role=column`. What cannot be read is
 * returned as it is, for `accepts` to refuse.
 */
export function valueFromText(form: ValueForm, text: string): unknown {
  switch (form.type) {
    case "choice":
      return canonical(form, text);
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "number":
    case "integer":
      return numberFromText(text);
    case "numbers":
      return text.split(",").map(numberFromText);
    case "range":
      return text.split(",").map(numberFromText);
    case "words":
      return canonical(
        form,
        text.split(",").map((name) => name.trim()),
      );
    case "files":
      return [text];
    case "map":
      return mapFromText(text);
    case "prompts":
      return promptsFromText(text);
    case "text":
    case "object":
      return text;
  }
}

function numberFromText(text: string): unknown {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

function mapFromText(text: string): unknown {
  const parts = text.split(",").map((part) => /^([^=]+)=(.*)$/s.exec(part));
  if (parts.includes(null)) return text;
  return Object.fromEntries(parts.map((part) => [part![1].trim(), part![2].trim()]));
}

/** A comma before the next `name=`; other commas belong to the text. */
const separator = /,(?=\s*[A-Za-z_][\w-]*=)/;

/**
 * `query=query: ,document=passage: `, or a text alone, which is the prompt for everything. Spaces of a text are kept; double
 * quotes around it are not. A text alone that begins like `name=` is written `default=…`.
 */
export function promptsFromText(text: string): string | Readonly<Record<string, string>> {
  const parts = text.split(separator).map((part) => /^\s*([A-Za-z_][\w-]*)=(.*)$/s.exec(part));
  if (parts[0] === null) return unquoted(text);
  return Object.fromEntries(parts.map((part) => [part![1], unquoted(part![2])]));
}

function unquoted(text: string): string {
  return /^"[^"]*"$/s.test(text) ? text.slice(1, -1) : text;
}
