import { InvalidArgumentError } from "commander";
import { kebabCase } from "../options/option.js";

/** `--sweep option=v1,v2`. */
export interface Sweep {
  /** In kebab-case. */
  readonly option: string;
  readonly values: readonly string[];
}

/** Parses `option=v1,v2`. */
export function parseSweep(text: string): Sweep {
  const at = text.indexOf("=");
  const values = text.slice(at + 1).split(",");
  if (at < 1 || values.length < 2 || values.some((value) => value.trim() === ""))
    throw new InvalidArgumentError(
      "It must be option=value,value,…, for example temperature=0.05,0.1.",
    );
  return { option: kebabCase(text.slice(0, at).trim()), values: values.map((v) => v.trim()) };
}
