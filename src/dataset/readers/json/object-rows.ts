import { isRoleName } from "../../columns/role-names.js";
import { listNames } from "../limits.js";
import { isJsonObject, type JsonObject } from "./parse.js";

/** Rows found in one object, and what was decided. */
interface ObjectRows {
  readonly rows: readonly unknown[];
  readonly notes: readonly string[];
}

/** The rows that an object holds in one of the forms that are in use, or undefined. */
export function rowsOfObject(value: JsonObject): ObjectRows | undefined {
  return (
    questionsAndPassages(value) ??
    listUnderKey(value) ??
    listsByColumn(value) ??
    judgmentsByQuery(value) ??
    objectsByKey(value) ??
    textsByKey(value) ??
    singleRow(value)
  );
}

/** The parts of LlamaIndex's form of a retrieval set, undefined where it is another. */
export function questionSet(
  value: JsonObject,
):
  | { readonly queries: JsonObject; readonly corpus: JsonObject; readonly relevant: JsonObject }
  | undefined {
  const { queries, corpus, relevant_docs: relevant } = value;
  return isJsonObject(queries) && isJsonObject(corpus) && isJsonObject(relevant)
    ? { queries, corpus, relevant }
    : undefined;
}

function questionsAndPassages(value: JsonObject): ObjectRows | undefined {
  const set = questionSet(value);
  if (set === undefined) return undefined;
  const rows = Object.entries(set.queries).map(([id, query]) => ({
    query,
    positive: [set.relevant[id] ?? []].flat().map((key) => set.corpus[String(key)] ?? ""),
  }));
  return {
    rows,
    notes: [
      "each query stands with each of its relevant_docs; evaluate --task retrieval reads the same file as queries and corpus",
    ],
  };
}

/** `{"version": …, "data": [{…}, …]}`. */
function listUnderKey(value: JsonObject): ObjectRows | undefined {
  const entries = Object.entries(value);
  const lists = entries.filter(
    ([, item]) => Array.isArray(item) && item.length > 0 && item.every((row) => isJsonObject(row)),
  );
  if (lists.length !== 1) return undefined;
  const others = entries.filter(([key]) => key !== lists[0][0]).map(([key]) => key);
  const rest = others.length > 0 ? `; not read: ${listNames(others)}` : "";
  return { rows: lists[0][1] as unknown[], notes: [`rows are those of "${lists[0][0]}"${rest}`] };
}

/** A list a column, as pandas' to_json(orient="list") and datasets' to_dict write it. */
function listsByColumn(value: JsonObject): ObjectRows | undefined {
  const entries = Object.entries(value);
  const [first] = entries;
  if (first === undefined || !Array.isArray(first[1])) return undefined;
  const { length } = first[1];
  if (!entries.every(([, item]) => Array.isArray(item) && item.length === length)) return undefined;
  if (!entries.some(([name]) => isRoleName(name)) && entries.length >= length) return undefined;
  const rows = Array.from({ length }, (_, i) =>
    Object.fromEntries(entries.map(([name, items]) => [name, (items as unknown[])[i]])),
  );
  return { rows, notes: [] };
}

/** `{query: {document: relevance}}` or `{query: [document, …]}`. */
function judgmentsByQuery(value: JsonObject): ObjectRows | undefined {
  const entries = Object.entries(value);
  const row = (query: string, document: unknown, score: unknown) => ({
    "query-id": query,
    "corpus-id": document,
    score,
  });
  const isNumbers = (item: unknown): boolean =>
    isJsonObject(item) && Object.values(item).every((number) => typeof number === "number");
  const note = "read as judgments: query, document, relevance";
  if (entries.every(([, item]) => isNumbers(item)) && !columnsByIndex(entries)) {
    const rows = entries.flatMap(([query, item]) =>
      Object.entries(item as JsonObject).map(([document, score]) => row(query, document, score)),
    );
    return { rows, notes: [note] };
  }
  const isIds = (item: unknown): boolean =>
    Array.isArray(item) && item.every((id) => typeof id === "string" || typeof id === "number");
  if (entries.length === 0 || !entries.every(([, item]) => isIds(item))) return undefined;
  const rows = entries.flatMap(([query, ids]) =>
    (ids as unknown[]).map((document) => row(query, document, 1)),
  );
  return { rows, notes: [note] };
}

/** Whether the inner keys count rows, as pandas' to_json() writes its columns: {"question": {"0": …, "1": …}}. */
function columnsByIndex(entries: readonly (readonly [string, unknown])[]): boolean {
  const [first] = entries;
  if (first === undefined || !isJsonObject(first[1])) return false;
  const keys = Object.keys(first[1]);
  return (
    keys.length > 0 &&
    keys.every((key, i) => key === String(i)) &&
    entries.every(([, item]) => isJsonObject(item) && Object.keys(item).length === keys.length)
  );
}

/** Columns by row number, or rows by id: `{"d1": {"title": …, "text": …}}`. */
function objectsByKey(value: JsonObject): ObjectRows | undefined {
  const entries = Object.entries(value);
  if (entries.length === 0 || !entries.every(([, item]) => isJsonObject(item))) return undefined;
  if (columnsByIndex(entries)) {
    const keys = Object.keys(entries[0][1] as JsonObject);
    const rows = keys.map((key) =>
      Object.fromEntries(entries.map(([name, item]) => [name, (item as JsonObject)[key]])),
    );
    return { rows, notes: [] };
  }
  return {
    rows: entries.map(([id, item]) => ({ _id: id, ...(item as JsonObject) })),
    notes: ['keys are the rows\' "_id"'],
  };
}

/** `{"d1": "a text", …}`. */
function textsByKey(value: JsonObject): ObjectRows | undefined {
  const entries = Object.entries(value);
  const texts = entries.every(([, item]) => typeof item === "string");
  if (entries.length < 2 || !texts || entries.some(([name]) => isRoleName(name))) return undefined;
  return {
    rows: entries.map(([id, text]) => ({ _id: id, text })),
    notes: ['keys are the texts\' "_id"'],
  };
}

function singleRow(value: JsonObject): ObjectRows | undefined {
  return Object.keys(value).some(isRoleName) ? { rows: [value], notes: [] } : undefined;
}
