import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The encoder of runs that name none, from the checkout. */
export const bundledFolder = "models/embtune-mini-en";

const read = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "..", "..", bundledFolder, name), "utf8"));
const config = read("config.json");

/** Its sizes, as its files state them: tests go by what embtune does, not by which encoder lies there. */
export const bundled = {
  name: "embtune-mini-en",
  width: Number(config.hidden_size),
  layers: Number(config.num_hidden_layers),
  vocabulary: Number(config.vocab_size),
  positions: Number(config.max_position_embeddings),
  maxLength: Number(read("sentence_bert_config.json").max_seq_length),
} as const;
