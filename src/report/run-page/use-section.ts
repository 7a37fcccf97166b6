import { escapeHtml } from "../html.js";
import type { RunData } from "./run-data.js";

/** How the model is used, in four lines of code. */
export function useSection({ folder, record }: RunData): string {
  const model = `${folder}/model`.replaceAll("\\", "/");
  const { headSide } = record.options;
  const side =
    headSide === "query"
      ? '<p class="note">Only queries go through this model; documents keep the vectors of the base.</p>'
      : "";
  const node = [
    'import { loadModel } from "embtune";',
    `const model = await loadModel(${JSON.stringify(folder)});`,
    'const { data, cols } = await model.encode(["a text", "another"]);',
    "await model.release();",
  ];
  const python = [
    "from sentence_transformers import SentenceTransformer",
    `model = SentenceTransformer(${JSON.stringify(`${model}/sentence-transformers`)})`,
    'vectors = model.encode(["a text", "another"])',
    "print(model.similarity(vectors, vectors))",
  ];
  return [
    "<h2>Use the model</h2>",
    side,
    '<div class="columns">',
    `<section><h3>Node</h3>${code(node)}</section>`,
    `<section><h3>Python</h3>${code(python)}</section>`,
    "</div>",
  ].join("\n");
}

function code(lines: readonly string[]): string {
  return `<pre tabindex="0"><code>${escapeHtml(lines.join("\n"))}</code></pre>`;
}
