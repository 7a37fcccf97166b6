import { counted } from "../../errors/counted.js";
import { openBytes } from "../readers/bytes.js";
import { detectEncoding, toUtf8 } from "../readers/encoding.js";
import { readObject } from "../readers/json/object-document.js";
import { questionSet } from "../readers/json/object-rows.js";
import { isJsonObject, type JsonObject } from "../readers/json/parse.js";
import { jsonLayout } from "../readers/json/recognise.js";
import { assembleRetrieval, type RetrievalDataset } from "./load-retrieval.js";
import type { TextsById } from "./retrieval-files.js";

/**
 * Queries, corpus and judgments of one file in LlamaIndex's form ({queries, corpus, relevant_docs}), undefined where it is another. The
 * line of a text is its number. UserError: as loadRetrieval.
 */
export async function loadQuestionSet(
  file: string,
  excludeSelf?: boolean,
): Promise<RetrievalDataset | undefined> {
  const bytes = await openBytes(file, 1 << 16);
  const encoding = detectEncoding(bytes.head);
  if (jsonLayout({ file, text: bytes.head.toString("utf8") }) !== "object") {
    bytes.close();
    return undefined;
  }
  const value = await readObject({ chunks: toUtf8(bytes.chunks, file, encoding), file });
  const set = questionSet(value);
  if (set === undefined) return undefined;
  const sha256 = bytes.sha256();
  const rows = Object.entries(set.relevant).flatMap(([query, ids]) =>
    [ids].flat().map((id, i) => ({ query, document: String(id), relevance: 1, line: i + 1 })),
  );
  return assembleRetrieval(
    {
      queries: textsOf(set.queries, "queries", { file, sha256 }),
      corpus: textsOf(set.corpus, "corpus", { file, sha256 }),
      judgments: { file, sha256, rows, notes: [] },
    },
    excludeSelf,
  );
}

function textsOf(
  object: JsonObject,
  column: string,
  { file, sha256 }: { readonly file: string; readonly sha256: string },
): TextsById {
  const entries = Object.entries(object);
  const texts = new Map(entries.map(([id, value]) => [id, textOf(value)]));
  const lines = new Map(entries.map(([id], i) => [id, i + 1]));
  const note = `${file}: ${counted(texts.size, "text")} in "${column}", by id`;
  return { file, texts, lines, sha256, column, note };
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value.trim();
  return isJsonObject(value) && typeof value.text === "string" ? value.text.trim() : "";
}
