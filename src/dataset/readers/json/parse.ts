/** An object of JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The value that a text of JSON stands for, undefined where it is none. Whole numbers of 16 and more digits become texts of their
 * digits, since above 2^53 a number would lose some; NaN and Infinity, which Python writes, become null; half a surrogate pair becomes
 * U+FFFD, as in every output.
 */
export function parseJson(text: string): unknown {
  const exact = longInteger.test(text) ? quoteLongIntegers(text) : text;
  try {
    return wellFormed(JSON.parse(exact), exact);
  } catch {
    return notNumbers.test(exact) ? parseWithoutNaN(exact) : undefined;
  }
}

const longInteger = /[\s:[,]-?\d{16}/;
const notNumbers = /\b(NaN|Infinity)\b/;
const escapedSurrogate = /\\u[dD][89a-fA-F]/;

function parseWithoutNaN(text: string): unknown {
  const replaced = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
    token.startsWith('"') ? token : "null",
  );
  try {
    return wellFormed(JSON.parse(replaced), replaced);
  } catch {
    return undefined;
  }
}

function quoteLongIntegers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    /^-?\d{16,}$/.test(token) ? `"${token}"` : token,
  );
}

/** The value with U+FFFD for each lone surrogate; they can only come from escapes, since the text itself is valid UTF-8. */
function wellFormed(value: unknown, text: string): unknown {
  return escapedSurrogate.test(text) ? mend(value) : value;
}

function mend(value: unknown): unknown {
  if (typeof value === "string") return Buffer.from(value).toString();
  if (Array.isArray(value)) return value.map(mend);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mend(item)]));
}

/** What a value is, for messages: `a list`, `an object`, `null`, `a number`. */
export function nameOfValue(value: unknown): string {
  if (value === undefined) return "something that is not JSON";
  if (Array.isArray(value)) return "a list";
  if (value === null) return "null";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
