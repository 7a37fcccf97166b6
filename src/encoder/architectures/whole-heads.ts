import type { JsonObject } from "../../files/json-file.js";
import { badField } from "./config-fields.js";

/** Names that a size has in different configurations. */
const HEADS = ["num_attention_heads", "n_head", "n_heads"];
const WIDTHS = ["hidden_size", "n_embd", "dim"];

/** Refuses numbers of heads that do not divide what they share. UserError `bad-config`. */
export function requireWholeHeads(json: JsonObject, file: string): void {
  const found = (names: readonly string[]): [name: string, value: number] | undefined => {
    const name = names.find((one) => Number.isSafeInteger(json[one]) && Number(json[one]) > 0);
    return name === undefined ? undefined : [name, Number(json[name])];
  };
  const heads = found(HEADS);
  if (heads === undefined) return;
  const width = json.head_dim === undefined || json.head_dim === null ? found(WIDTHS) : undefined;
  if (width !== undefined && width[1] % heads[1] !== 0)
    throw badField(file, heads[0], `must divide ${width[0]} ${width[1]}, got ${heads[1]}`);
  const shared = found(["num_key_value_heads"]);
  if (shared !== undefined && heads[1] % shared[1] !== 0)
    throw badField(file, shared[0], `must divide ${heads[0]} ${heads[1]}, got ${shared[1]}`);
}
