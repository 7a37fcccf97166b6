// LanceDB embeds by itself, with its own "huggingface" function: npm install @lancedb/lancedb apache-arrow
// embtune export MODEL --format fastembed --to folder
// node lancedb-huggingface.js texts.jsonl "a question" folder
//
// The function takes the mean of all places of a batch, padding too, and its first output: right for the fastembed form alone, which has the
// whole embedding at every place. Behind a head of another width than the encoder's it wants that width: `ndims` in its options.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { env } from "@huggingface/transformers";
import { connect } from "@lancedb/lancedb";
import { getRegistry, LanceSchema } from "@lancedb/lancedb/embedding";
import "@lancedb/lancedb/embedding/transformers";
import { Utf8 } from "apache-arrow";

const [file, question, model] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(model));
// Without truncation it fails at a text that is longer than the model takes.
const tokenizerOptions = { padding: true, truncation: true };
const options = { model: basename(model), tokenizerOptions };
const embedding = await getRegistry().get("huggingface").create(options);

const folder = mkdtempSync(join(tmpdir(), "lancedb-"));
const db = await connect(folder);
const lines = readFileSync(file, "utf8").trimEnd().split("\n");
const table = await db.createTable(
  "texts",
  lines.map((line) => ({ text: JSON.parse(line).text })),
  {
    schema: LanceSchema({
      text: embedding.sourceField(new Utf8()),
      vector: embedding.vectorField(),
    }),
  },
);
const rows = await table.search(question, "vector").distanceType("cosine").limit(3).toArray();
console.log(
  JSON.stringify(
    rows.map(({ text, vector, _distance }) => ({
      text,
      score: 1 - _distance,
      vector: [...vector],
    })),
  ),
);
db.close();
rmSync(folder, { recursive: true });
