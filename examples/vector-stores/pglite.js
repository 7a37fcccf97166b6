// PGlite (Postgres in WebAssembly) with pgvector: npm install @electric-sql/pglite @electric-sql/pglite-pgvector embtune
// embtune embed texts.jsonl --out vectors.jsonl
// node pglite.js vectors.jsonl "a question" [MODEL]
import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { loadModel } from "embtune";

const [file, question, name] = process.argv.slice(2);
const model = await loadModel(name);
const { data, cols } = await model.encode([question]);
await model.release();

const db = await PGlite.create({ extensions: { vector } });
await db.exec(`CREATE EXTENSION vector; CREATE TABLE texts (text text, embedding vector(${cols}))`);
for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
  const { text, embedding } = JSON.parse(line);
  await db.query("INSERT INTO texts VALUES ($1, $2)", [text, JSON.stringify(embedding)]);
}
const { rows } = await db.query(
  "SELECT text, 1 - (embedding <=> $1) AS score FROM texts ORDER BY embedding <=> $1 LIMIT 3",
  [JSON.stringify(Array.from(data))],
);
console.log(JSON.stringify(rows));
await db.close();
