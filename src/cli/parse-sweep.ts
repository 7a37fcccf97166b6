import { kebabCase } from "../options/option.js";

/** `--sweep option=v1,v2`. */
export interface Sweep {
  /** In kebab-case. */
  readonly option: string;
  readonly values: readonly string[];
}

/** `option=v1,v2` in its parts. */
export function parseSweep(text: string): Sweep {
  const at = text.indexOf("=");
  const values = text.slice(at + 1).split(",");
  return { option: kebabCase(text.slice(0, at).trim()), values: values.map((v) => v.trim()) };
}
