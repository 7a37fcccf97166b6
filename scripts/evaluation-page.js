// Writes the tables of tasks into docs/evaluation.md: node scripts/build.js && node scripts/evaluation-page.js
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tasksDocument } from "../dist/evaluation/document.js";

const path = join(import.meta.dirname, "..", "docs", "evaluation.md");
const page = readFileSync(path, "utf8");
const between = /(<!-- tasks -->\n)[\s\S]*(<!-- \/tasks -->)/;
writeFileSync(
  path,
  page.replace(between, (_, open, close) => open + tasksDocument() + close),
);
