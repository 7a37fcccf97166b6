// DuckDB on Parquet: npm install @duckdb/node-api embtune
// embtune embed texts.jsonl --out vectors.parquet
// node duckdb.js vectors.parquet "a question" [MODEL]
import { DuckDBInstance } from "@duckdb/node-api";
import { loadModel } from "embtune";

const [file, question, name] = process.argv.slice(2);
const model = await loadModel(name);
const { data, cols } = await model.encode([question]);
await model.release();

const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();
const vector = `[${Array.from(data).join(", ")}]::FLOAT[${cols}]`;
const found = await connection.runAndReadAll(
  `SELECT text, array_cosine_similarity(embedding::FLOAT[${cols}], ${vector}) AS score
   FROM '${file.replaceAll("'", "''")}' ORDER BY score DESC LIMIT 3`,
);
console.log(JSON.stringify(found.getRowObjectsJson()));
