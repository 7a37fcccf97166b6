import { suggestion } from "./suggest.js";
import { usageError } from "./user-error.js";

/** The entry of that name. Usage error `unknown-<what>` with the nearest name where there is none. */
export function named<T extends { readonly name: string }>(
  what: string,
  name: string,
  entries: readonly T[],
): T {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name);
  throw usageError(`unknown-${what}`, `no ${what} is called "${name}"`, suggestion(name, names));
}
