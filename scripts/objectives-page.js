// Writes docs/objectives.md from the registry: node scripts/build.js && node scripts/objectives-page.js
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { objectivesDocument } from "../dist/objectives/document.js";

writeFileSync(join(import.meta.dirname, "..", "docs", "objectives.md"), objectivesDocument());
