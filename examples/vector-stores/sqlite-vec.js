// sqlite-vec with the SQLite of Node 22.13 or later: npm install sqlite-vec embtune
// embtune embed texts.jsonl --out vectors.jsonl
// node sqlite-vec.js vectors.jsonl "a question" [MODEL]
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { loadModel } from "embtune";
import { load } from "sqlite-vec";

const [file, question, name] = process.argv.slice(2);
const model = await loadModel(name);
const { data, cols } = await model.encode([question]);
await model.release();

const db = new DatabaseSync(":memory:", { allowExtension: true });
load(db);
db.exec(
  `CREATE VIRTUAL TABLE texts USING vec0(embedding float[${cols}] distance_metric=cosine, +text text)`,
);
const insert = db.prepare("INSERT INTO texts (embedding, text) VALUES (?, ?)");
const bytes = (numbers) => new Uint8Array(Float32Array.from(numbers).buffer);
for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
  const { text, embedding } = JSON.parse(line);
  insert.run(bytes(embedding), text);
}
const nearest = db.prepare(
  "SELECT text, 1 - distance AS score FROM texts WHERE embedding MATCH ? AND k = 3 ORDER BY distance",
);
console.log(JSON.stringify(nearest.all(bytes(data))));
db.close();
