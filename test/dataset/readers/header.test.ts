import { describe, expect, it } from "vitest";
import { openRecords } from "../../../src/dataset/readers/open-records.js";
import { collect, temporaryFile } from "../temporary-files.js";

const sentences = [
  "how do I wind the blue kite",
  "where is the spare paddle kept",
  "what time does the bakery ferry leave",
  "can I wash the wool tent",
  "who repairs the copper lamp",
  "does the orange boat float in salt water",
  "how long does the stew simmer",
  "which key opens the seed shed",
];
const answers = [
  "Turn the spool slowly to the left.",
  "It hangs behind the boathouse door.",
  "The bread boat goes at half past six.",
  "Only by hand, in cold water.",
  "The tinsmith on Mill Lane mends it.",
  "Yes, its hull is sealed with pitch.",
  "About forty minutes on low heat.",
  "The brass one with a notch.",
];
const words = ["car", "boat", "house", "lamp", "street", "ocean", "dog", "bread"];
const synonyms = ["automobile", "ship", "home", "lantern", "road", "sea", "hound", "loaf"];
const chinese = [
  "今天天气很好",
  "我想买一双鞋",
  "图书馆几点关门",
  "狗在花园里跑",
  "请问车站怎么走",
  "这道菜太咸了",
  "明天要开会",
  "电脑坏了怎么办",
];
const japanese = [
  "天気がいいですね",
  "靴を買いたい",
  "図書館は何時に閉まりますか",
  "犬が庭を走る",
  "駅はどこですか",
  "この料理は塩辛い",
  "明日は会議です",
  "パソコンが壊れた",
];
const thai = [
  "วันนี้อากาศดี",
  "ฉันอยากซื้อรองเท้า",
  "ห้องสมุดปิดกี่โมง",
  "สุนัขวิ่งในสวน",
  "สถานีไปทางไหน",
  "อาหารจานนี้เค็ม",
  "พรุ่งนี้มีประชุม",
  "คอมพิวเตอร์เสีย",
];
const topics = ["boats", "kites", "boats", "food", "kites", "food", "boats", "kites"];
const zeroOne = ["1", "0", "1", "1", "0", "0", "1", "0"];
const scores = ["4.2", "3.5", "0.0", "1.25", "5.0", "2.75", "0.5", "3.0"];

/** Columns of a table and two headers for it: names that are known, and names that are not. */
const tables: Readonly<
  Record<
    string,
    { columns: readonly (readonly string[])[]; known: string; foreign?: string; odd?: string }
  >
> = {
  "pairs of sentences": {
    columns: [sentences, answers],
    known: "question,answer",
    foreign: "frage,erwiderung",
    odd: "question,2nd annotator",
  },
  "one sentence and a topic": {
    columns: [sentences, topics],
    known: "text,label",
    foreign: "zin,onderwerp",
    odd: "is it good?,label",
  },
  "a topic and a sentence": {
    columns: [topics, sentences],
    known: "label,text",
    odd: "label,text (as typed)",
  },
  "pairs with 0 and 1": {
    columns: [sentences, answers, zeroOne],
    known: "sentence1,sentence2,label",
    foreign: "links,rechts,gleich",
    odd: "sentence1,sentence2,is it good?",
  },
  "pairs with scores": {
    columns: [sentences, answers, scores],
    known: "sentence1,sentence2,score",
    foreign: "links,rechts,wert",
    odd: "sentence1,sentence2,number of correct responses (out of 100)",
  },
  "words and synonyms": { columns: [words, synonyms], known: "anchor,positive" },
  "words and sentences": {
    columns: [words, answers],
    known: "query,passage",
    foreign: "wort,erklaerung",
  },
  "single sentences with an id": {
    columns: [zeroOne.map((_, i) => String(700 + i)), sentences],
    known: "id,text",
    foreign: "nummer,zin",
  },
  "Chinese and Japanese": { columns: [chinese, japanese], known: "question,answer" },
  "Thai and Chinese": { columns: [thai, chinese], known: "sentence1,sentence2" },
  "Japanese with 0 and 1": {
    columns: [japanese, chinese, zeroOne],
    known: "text1,text2,label",
    foreign: "a,b,c",
  },
  triplets: {
    columns: [sentences, answers, answers.map((a) => `not: ${a}`)],
    known: "anchor,positive,negative",
    foreign: "eins,zwei,drei",
  },
};

const quoted = (cell: string): string => (/[,";|\t]/.test(cell) ? `"${cell}"` : cell);
const lines = (columns: readonly (readonly string[])[], delimiter: string): string[] =>
  columns[0].map((_, i) => columns.map((column) => quoted(column[i])).join(delimiter));

async function rowsOf(
  content: string,
): Promise<{ rows: number; columns: readonly string[]; notes: string }> {
  const source = await openRecords(temporaryFile(content, "data.csv"));
  const rows = await collect(source.records());
  return { rows: rows.length, columns: source.columns, notes: source.warnings().join("\n") };
}

const cases = Object.entries(tables).flatMap(([name, table]) =>
  [",", "\t", ";"].flatMap((delimiter) =>
    [undefined, table.known, table.foreign, table.odd].flatMap((header, i) =>
      i > 0 && header === undefined ? [] : [{ name, table, delimiter, header }],
    ),
  ),
);

describe("no row is lost to a header, and no header becomes a row", () => {
  it("covers at least 40 tables", () => expect(cases.length).toBeGreaterThanOrEqual(40));

  it.each(
    cases.map(
      (each) =>
        [each.name, JSON.stringify(each.delimiter), each.header ?? "no header", each] as const,
    ),
  )("%s separated by %s: %s", async (_name, _delimiter, _header, { table, delimiter, header }) => {
    const body = lines(table.columns, delimiter);
    const first = header === undefined ? [] : [header.split(",").join(delimiter)];
    const { rows, columns } = await rowsOf(`${[...first, ...body].join("\n")}\n`);
    expect(columns).toEqual(header?.split(",") ?? table.columns.map((__, i) => String(i + 1)));
    expect(rows).toBe(8);
  });

  it.each([
    ["pandas' numbers", "0,1", [sentences, answers]],
    ["pandas' index and numbers", ",0,1", [zeroOne.map((_, i) => String(i)), sentences, answers]],
  ])("%s are a header", async (_, header, columns) => {
    expect((await rowsOf(`${header}\n${lines(columns, ",").join("\n")}\n`)).rows).toBe(8);
  });

  it("a name that recurs in its own column is data", async () => {
    const roles = ["claim", "evidence", "claim", "claim", "evidence", "claim", "evidence", "claim"];
    const body = lines([sentences.map((s) => `we should ${s}`), roles], ",").join("\n");
    expect((await rowsOf(`we should ban cars,claim\n${body}\n`)).rows).toBe(9);
  });

  it("where it stays open a line says what was done and how to undo it", async () => {
    const foreign = await rowsOf(
      `frage,erwiderung\n${lines([sentences, answers], ",").join("\n")}\n`,
    );
    expect(foreign.notes).toBe("taken as header: frage, erwiderung (if it is a row: --no-header)");
    const pairs = await rowsOf(`${lines([words, synonyms], ",").join("\n")}\n`);
    expect(pairs.notes).toBe(
      "first line taken as a row: car, automobile (if it is a header: --header)",
    );
    const known = await rowsOf(`question,answer\n${lines([sentences, answers], ",").join("\n")}\n`);
    expect(known.notes).toBe("");
  });
});
