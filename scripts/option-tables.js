// Writes the tables of options in docs/cli.md: node scripts/build.js && node scripts/option-tables.js
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withOptionTables } from "../dist/cli/options/document.js";

const file = join(import.meta.dirname, "..", "docs", "cli.md");
writeFileSync(file, withOptionTables(readFileSync(file, "utf8")));
