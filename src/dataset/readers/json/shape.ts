import { UserError } from "../../../errors/user-error.js";
import { isRoleName } from "../../columns/role-names.js";
import { listNames, requireFewColumns } from "../limits.js";
import type { Cell } from "../record-source.js";
import { cellOf } from "./cells.js";
import { isJsonObject, type JsonObject, nameOfValue } from "./parse.js";

/** How the values of a JSON file become records. */
export interface RecordShape {
  readonly columns: readonly string[];
  /** What was decided, one sentence each. */
  readonly notes: readonly string[];
  /** Whether the first value holds the columns' names. */
  readonly header: boolean;
  /** The cells of a value, or what it is instead of a record. */
  readonly fields: (value: unknown) => readonly Cell[] | string;
}

/**
 * The shape of a file by the values of its beginning: objects, lists of cells, or texts. UserError: no-columns where none is of these,
 * chat-messages, too-many-columns.
 */
export function shapeOf(values: readonly unknown[], file: string): RecordShape {
  const objects = values.filter(isJsonObject);
  if (objects.length > 0) return objectShape(objects, file);
  const lists = values.filter((value) => Array.isArray(value));
  if (lists.length > 0) return listShape(lists, file);
  if (values.some((value) => typeof value === "string"))
    return {
      columns: ["text"],
      notes: [],
      header: false,
      fields: (value) => (typeof value === "string" ? [value] : expected("a text", value)),
    };
  throw new UserError(
    "no-columns",
    "looks like JSON, but no value of its beginning is a whole object or list",
    {
      at: { file, line: 1 },
      hint: 'write one object a line: {"anchor": "…", "positive": "…"}; if the lines are texts: --input-format text',
    },
  );
}

function expected(what: string, value: unknown): string {
  return `expected ${what}, got ${nameOfValue(value)}`;
}

function objectShape(objects: readonly JsonObject[], file: string): RecordShape {
  const names = new Set<string>();
  for (const object of objects) for (const name of Object.keys(object)) names.add(name);
  refuseChat(objects, names, file);
  requireFewColumns(names.size, file);
  if (names.size === 1 && names.has("set") && objects.every(({ set }) => isTexts(set)))
    return setShape();
  const texts = ["texts", "sentences"].find((name) => names.has(name));
  const count = texts === undefined ? undefined : equalLength(objects, texts);
  if (texts !== undefined && count !== undefined) return textsShape([...names], texts, count);
  if (names.size === 0) throw emptyObjects(file);
  return plainShape([...names], objects);
}

function plainShape(names: readonly string[], objects: readonly JsonObject[]): RecordShape {
  const passages = names.filter((name) =>
    objects.some((object) => [object[name]].flat().some(isJsonObject) && cellOf(object[name])),
  );
  const notes =
    passages.length === 0
      ? []
      : [`passages of ${listNames(passages)} are their title and text with a blank between`];
  const columns = names.length === 1 && names[0] === "set" ? names : [...names];
  return {
    columns,
    notes,
    header: false,
    fields: (value) =>
      isJsonObject(value)
        ? columns.map((name) => cellOf(Object.hasOwn(value, name) ? value[name] : undefined))
        : expected("one JSON object", value),
  };
}

/** sentence-transformers' `{"set": […]}`: texts of one meaning. */
function setShape(): RecordShape {
  return {
    columns: ["anchor", "positive"],
    notes: [
      'each "set" of n texts of one meaning gives n − 1 pairs: its first text with each other',
    ],
    header: false,
    fields: (value) => {
      if (!isJsonObject(value) || !isTexts(value.set))
        return 'expected {"set": […]} with texts in it';
      const [first = "", ...others] = [...new Set(value.set)];
      return [first, others];
    },
  };
}

const places = ["anchor", "positive", "negative"];

/** sentence-transformers' `{"texts": [a, b], "label": x}`. */
function textsShape(names: readonly string[], key: string, count: number): RecordShape {
  const others = names.filter((name) => name !== key);
  const columns = count === 1 ? ["text"] : places.slice(0, count);
  return {
    columns: [...columns, ...others],
    notes: [`"${key}" holds ${columns.join(", ")}`],
    header: false,
    fields: (value) => {
      if (!isJsonObject(value)) return expected("one JSON object", value);
      const texts = value[key];
      if (!isTexts(texts) || texts.length !== count)
        return `expected a list of ${count} texts in "${key}"`;
      return [
        ...texts,
        ...others.map((name) => cellOf(Object.hasOwn(value, name) ? value[name] : undefined)),
      ];
    },
  };
}

function equalLength(objects: readonly JsonObject[], key: string): number | undefined {
  const lengths = new Set(objects.map((object) => (isTexts(object[key]) ? object[key].length : 0)));
  const [length] = lengths;
  return lengths.size === 1 && length >= 1 && length <= 3 ? length : undefined;
}

/** Lists of cells: two texts are a pair, three a triplet; with other values the columns are numbered. */
function listShape(lists: readonly (readonly unknown[])[], file: string): RecordShape {
  const width = Math.max(...lists.map(({ length }) => length));
  requireFewColumns(width, file);
  const [first] = lists;
  const header =
    lists.length > 1 &&
    isTexts(first) &&
    first.filter(isRoleName).length > 0 &&
    first.every((name) => name.length <= 40);
  const texts = lists.every(isTexts) && (width === 2 || width === 3);
  const numbers = Array.from({ length: width }, (_, i) => String(i + 1));
  const columns = header
    ? first
    : texts
      ? places.slice(0, width)
      : width === 1
        ? ["text"]
        : numbers;
  const note = `each list holds ${columns.join(", ")}${texts ? "" : "; set others with --columns"}`;
  return {
    columns,
    notes: header || !texts ? [] : [note],
    header,
    fields: (value) => {
      if (!Array.isArray(value)) return expected("a list", value);
      if (value.length !== columns.length)
        return `expected a list of ${columns.length} values, got ${value.length}`;
      return value.map(cellOf);
    },
  };
}

function isTexts(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")
  );
}

function refuseChat(
  objects: readonly JsonObject[],
  names: ReadonlySet<string>,
  file: string,
): void {
  for (const name of names) {
    const turns = objects.find(
      (object) => Array.isArray(object[name]) && object[name].some(isTurn),
    );
    if (turns === undefined) continue;
    throw new UserError(
      "chat-messages",
      `holds chat messages in "${name}", expected texts or pairs of texts`,
      {
        at: { file },
        hint: 'write the turns that belong together as one row: {"anchor": "a question", "positive": "its answer"}',
      },
    );
  }
}

function isTurn(value: unknown): boolean {
  return (
    isJsonObject(value) &&
    ("role" in value || "from" in value) &&
    ("content" in value || "value" in value)
  );
}

function emptyObjects(file: string): UserError {
  return new UserError("no-columns", "looks like JSON Lines, but no object has a key", {
    at: { file, line: 1 },
    hint: 'write one object a line: {"anchor": "…", "positive": "…"}',
  });
}
