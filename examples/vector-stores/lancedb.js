// LanceDB: npm install @lancedb/lancedb embtune
// embtune embed texts.jsonl --out vectors.jsonl
// node lancedb.js vectors.jsonl "a question" [MODEL]
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@lancedb/lancedb";
import { loadModel } from "embtune";

const [file, question, name] = process.argv.slice(2);
const model = await loadModel(name);
const { data } = await model.encode([question]);
await model.release();

const folder = mkdtempSync(join(tmpdir(), "lancedb-"));
const db = await connect(folder);
const lines = readFileSync(file, "utf8").trimEnd().split("\n");
const table = await db.createTable(
  "texts",
  lines.map((line) => {
    const { text, embedding } = JSON.parse(line);
    return { text, vector: embedding };
  }),
);
const rows = await table.search(Array.from(data)).distanceType("cosine").limit(3).toArray();
console.log(JSON.stringify(rows.map(({ text, _distance }) => ({ text, score: 1 - _distance }))));
db.close();
rmSync(folder, { recursive: true });
