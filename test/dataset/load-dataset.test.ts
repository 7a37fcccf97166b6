import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LoadOptions, loadDataset, openTexts } from "../../src/dataset/load-dataset.js";
import { preview } from "../../src/dataset/preview.js";
import type { RowReport } from "../../src/dataset/rows/row-report.js";
import type { Dataset, DatasetKind, RowTypes } from "../../src/dataset/rows/row-types.js";
import { formatError, UserError } from "../../src/errors/user-error.js";
import { collect, temporaryFile, userErrorOf } from "./temporary-files.js";

const load = (content: string, options?: LoadOptions, name?: string): Promise<Dataset> =>
  loadDataset(temporaryFile(content, name), options);

async function rowsOf<K extends DatasetKind>(
  kind: K,
  loading: Promise<Dataset>,
): Promise<readonly RowTypes[K][]> {
  const dataset = await loading;
  expect(dataset.kind).toBe(kind);
  return dataset.rows as readonly RowTypes[K][];
}

const errorOf = (content: string, options?: LoadOptions, name?: string): Promise<UserError> =>
  userErrorOf(load(content, options, name));

const balanced = ({ read, kept, dropped }: RowReport): boolean =>
  read === kept + dropped.reduce((sum, d) => sum + d.count, 0);

describe("columns and roles", () => {
  it.each([
    ["query,answer", "pair"],
    ["Question,Document", "pair"],
    ["text1,text2", "pair"],
    ["Sentence 1,sentence_2", "pair"],
    ["premise,hypothesis", "pair"],
    ["question,sentence", "pair"],
    ["#1 String,#2 String", "pair"],
    ["text,intent", "classed"],
    ["sentence,id", "text"],
    ["doc_id,text", "text"],
  ])("%s is %s", async (header, kind) => {
    expect((await load(`${header}\na,b\nc,d\n`)).kind).toBe(kind);
  });

  it("orders negatives by number and skips empty ones", async () => {
    const rows = await rowsOf(
      "pair",
      load("anchor,negative_2,positive,negative_10,negative_1\na,n2,p,n10,n1\nb,,q,,m1\n"),
    );
    expect(rows).toEqual([
      { anchor: "a", positive: "p", negatives: ["n1", "n2", "n10"], line: 2 },
      { anchor: "b", positive: "q", negatives: ["m1"], line: 3 },
    ]);
  });

  it("removes negatives that equal the row's own anchor or positive, and says so", async () => {
    const dataset = await load("anchor,positive,negative_1,negative_2\na,p,p,n\nb,q,m,m\n");
    expect(dataset.rows.map((row) => (row as RowTypes["pair"]).negatives)).toEqual([["n"], ["m"]]);
    expect(dataset.account.notes).toContainEqual(expect.stringContaining("2 (first on line 2)"));
  });

  it("takes --columns by role names, by column names in any case and by number", async () => {
    const content = "Q,A,other,label\na,p,x,y\nb,q,x,y\n";
    for (const columns of [
      { anchor: "Q", positive: "A" },
      { query: "q", answer: "a" },
      { sentence1: "1", sentence2: "2" },
    ]) {
      const rows = await rowsOf("pair", load(content, { columns }));
      expect(rows[1]).toEqual({ anchor: "b", positive: "q", negatives: [], line: 3 });
    }
  });

  it("gives no other column a role once --columns names the texts, and says so", async () => {
    const content = "question,answer,score,label,negative\na,p,x,y,n\nb,q,x,y,n\n";
    const dataset = await load(content, { columns: { anchor: "question", positive: "answer" } });
    expect(dataset).toMatchObject({ kind: "pair", rows: [{ negatives: [] }, { negatives: [] }] });
    expect(dataset.account.notes.join()).toContain("add score=score if it is meant");
    const named = await load(content, {
      columns: { anchor: "question", positive: "answer", negative: "negative" },
    });
    expect(named).toMatchObject({ kind: "pair", rows: [{ negatives: ["n"] }, {}] });
  });

  it("reads a file without the columns of --ignore", async () => {
    const content = "question,answer,score\na,p,x\nb,q,x\n";
    const dataset = await load(content, { reader: { ignore: ["score"] } });
    expect(dataset.kind).toBe("pair");
    expect(dataset.account.notes).toContain('columns ignored: "score"');
    const unknown = await errorOf(content, { reader: { ignore: ["scores"] } });
    expect(unknown).toMatchObject({ code: "unknown-column", hint: 'did you mean "score"?' });
  });

  it("refuses unknown roles and columns with a suggestion, exit 2", async () => {
    const role = await errorOf("q,a\nx,y\n", { columns: { ancor: "q" } });
    expect(role).toMatchObject({
      code: "unknown-role",
      exitCode: 2,
      hint: 'did you mean "anchor"?',
    });
    const column = await errorOf("question,a\nx,y\n", {
      columns: { anchor: "qestion", positive: "a" },
    });
    expect(column).toMatchObject({
      code: "unknown-column",
      exitCode: 2,
      hint: 'did you mean "question"?',
    });
  });

  it("refuses ambiguous columns with the candidates", async () => {
    const error = await errorOf("query,question,answer\na,b,c\nd,e,f\n");
    expect(error.code).toBe("ambiguous-columns");
    expect(error.message).toContain('"query" and "question"');
    expect(error.hint).toBe("say which: --columns anchor=query");
    const rows = await rowsOf(
      "pair",
      load("query,question,answer\na,b,c\nd,e,f\n", { columns: { anchor: "question" } }),
    );
    expect(rows[0]).toMatchObject({ anchor: "b", positive: "c" });
  });

  it("names the columns found and a likely misspelling when one is missing", async () => {
    const error = await errorOf("anchor,postive\na,b\nc,d\n", { as: ["pair"] });
    expect(error).toMatchObject({ code: "missing-column", exitCode: 1 });
    expect(error.message).toContain('"anchor", "postive"');
    expect(error.hint).toContain('did you mean "positive" by "postive"?');
    const scores = await errorOf("sentence1,sentence2,skore\na,b,1\nc,d,2\n", {
      as: ["scored-pair"],
    });
    expect(scores.message).toContain('no column for "score"');
    expect(scores.hint).toContain("skore");
    expect((await errorOf("foo,bar\na,b\n")).hint).toBe("name it: --columns anchor=foo");
    expect((await errorOf("x,1\ny,2\n")).hint).toContain("by number");
  });

  it("says which objectives fit rows of another kind", async () => {
    const options = {
      as: ["pair"],
      objectivesFor: (kind: string) => (kind === "scored-pair" ? ["cosent", "angle"] : []),
    } as const;
    const error = await errorOf("sentence1,sentence2,score\na,b,1\nc,d,2\n", options);
    expect(error).toMatchObject({
      code: "wrong-row-kind",
      hint: "train these rows with --objective cosent (or angle), or name the columns with --columns anchor=sentence1,positive=sentence2",
    });
    expect((await errorOf("text,label\na,b\nc,d\n", { as: ["scored-pair"] })).code).toBe(
      "wrong-row-kind",
    );
  });
});

describe("scores", () => {
  const file = (scores: readonly string[]): string =>
    `sentence1,sentence2,score\n${scores.map((s, i) => `a${i},b${i},${s}`).join("\n")}\n`;
  const scoresOf = async (scores: readonly string[], options?: LoadOptions): Promise<number[]> =>
    (await rowsOf("scored-pair", load(file(scores), options))).map((row) => row.score);

  it("are scaled to 0–1 by the detected or given range, once", async () => {
    expect(await scoresOf(["0", "5", "2.5"])).toEqual([0, 1, 0.5]);
    expect(await scoresOf(["1", "5", "3"])).toEqual([0, 1, 0.5]);
    expect(await scoresOf(["0", "1", "0.25"])).toEqual([0, 1, 0.25]);
    expect(await scoresOf(["-1", "1", "0"])).toEqual([0, 1, 0.5]);
    expect(await scoresOf(["1", "5"], { scoreRange: [0, 5] })).toEqual([0.2, 1]);
    expect((await load(file(["1", "5"]))).account.notes).toEqual([
      'scores of column "score" scaled from 1–5 (detected) to 0–1',
    ]);
  });

  it.each(["abc", "NaN", "Infinity", "0x10", "1,5", "1e999"])(
    "%s is refused with the line",
    async (score) => {
      const error = await errorOf(file(["1", `"${score}"`, "2"]));
      expect(error.code).toBe("bad-score");
      expect(formatError(error)).toMatch(
        new RegExp(
          `:3: column "score" must be a number, got "${score}"\nhint: {2}drop the row, or`,
        ),
      );
    },
  );

  it("outside the given range are refused, and so is a range that is none", async () => {
    expect((await errorOf(file(["1", "7"]), { scoreRange: [0, 5] })).message).toContain(
      "from 0 to 5, got 7",
    );
    expect((await errorOf(file(["1", "7"]), { scoreRange: [5, 5] })).exitCode).toBe(2);
    expect((await errorOf(file(["-40", "700"]))).hint).toContain("--score-range -40,700");
  });

  it("are taken as shares of 100 where all are percentages, which a line says", async () => {
    expect(await scoresOf(["85%", "5 %", "0.5%"])).toEqual([0.85, 0.05, 0.005]);
    expect(await scoresOf(["50%", "100%"], { scoreRange: [50, 100] })).toEqual([0, 1]);
    expect((await load(file(["85%", "7%"]))).account.notes).toEqual([
      'scores of column "score" are percentages: 85% on line 2 is 0.85',
      'scores of column "score" scaled from 0–100 (detected) to 0–1',
    ]);
    const commas = "sentence1;sentence2;score\na;b;8,5%\nc;d;1%\n";
    expect(await rowsOf("scored-pair", load(commas))).toMatchObject([{ score: 0.085 }, {}]);
  });

  it("are refused where only some are percentages, or one is above 100", async () => {
    const mixed = await errorOf(file(["85%", "0.7", "12%"]));
    expect([mixed.code, mixed.at?.line]).toEqual(["bad-score", 3]);
    expect(mixed.message).toContain('in none, got "0.7" beside "85%" (line 2)');
    expect((await errorOf(file(["0.1", "12%", "0.3"]))).at?.line).toBe(3);
    expect((await errorOf(file(["85%", "120%"]))).message).toContain("from 0 to 100, got 120%");
    expect((await errorOf(file(["85%", "much%"]))).message).toContain('got "much%"');
  });

  it("that are absent drop the row", async () => {
    const dataset = await load(file(["1", "", "0"]));
    expect(dataset.account.dropped).toEqual([{ reason: "without a score", count: 1, line: 3 }]);
  });

  it("in a label column are recognised by their fractions", async () => {
    expect((await load("sentence1,sentence2,label\na,b,4.5\nc,d,1\n")).kind).toBe("scored-pair");
  });
});

const nli = `premise,hypothesis,label
p1,e1,entailment
p1,n1,Neutral
p1,c1,CONTRADICTION
p1,e2,entailment
p1,c2,contradiction
p2,e3,entailment
p3,c3,contradiction
p3,x,-
p1,e1,entailment
`;

describe("labels and NLI", () => {
  it("keeps rows as they are without a wish", async () => {
    const rows = await rowsOf("nli", load(nli));
    expect(rows).toHaveLength(8);
    expect(rows[1]).toEqual({ premise: "p1", hypothesis: "n1", label: "neutral", line: 3 });
  });

  it("groups by premise", async () => {
    const dataset = await load(nli, { as: ["pair"] });
    expect(dataset.rows).toEqual([
      { anchor: "p1", positive: "e1", negatives: ["c1", "c2"], line: 2 },
      { anchor: "p1", positive: "e2", negatives: ["c1", "c2"], line: 5 },
      { anchor: "p2", positive: "e3", negatives: [], line: 7 },
    ]);
    expect(dataset.account).toMatchObject({ read: 9, kept: 5 });
    expect(dataset.account.dropped).toEqual([
      { reason: 'without a gold label (empty, "-" or -1)', count: 1, line: 9 },
      { reason: "neutral", count: 1, line: 3 },
      { reason: "contradiction of a premise without entailment", count: 1, line: 8 },
      { reason: "repeats an earlier row", count: 1, line: 10 },
    ]);
    expect(dataset.account.notes[0]).toContain("premise");
    expect(await load(nli, { as: ["pair"], requireNegatives: true })).toMatchObject({
      rows: { length: 2 },
      account: { kept: 4 },
    });
    expect((await load(nli, { as: ["triplet", "pair"] })).rows).toHaveLength(4);
  });

  it("becomes labelled and scored pairs, classes and texts", async () => {
    const labelled = await rowsOf("labelled-pair", load(nli, { as: ["labelled-pair"] }));
    expect(labelled.map((row) => row.label)).toEqual([1, 0, 1, 0, 1, 0, 1]);
    const scored = await rowsOf("scored-pair", load(nli, { as: ["scored-pair"] }));
    expect(scored.map((row) => row.score)).toEqual([1, 0.5, 0, 1, 0, 1, 0, 1]);
    const classed = await rowsOf("classed", load(nli, { as: ["classed"] }));
    expect(classed.slice(0, 4).map((row) => [row.text, row.label, row.unit])).toEqual([
      ["p1", "row 0", 0],
      ["e1", "row 0", 0],
      ["c1", "row 0 negative 0", 0],
      ["c2", "row 0 negative 1", 0],
    ]);
    expect((await rowsOf("text", load(nli, { as: ["text"] }))).map((row) => row.text)).toEqual([
      "p1",
      "e1",
      "n1",
      "c1",
      "e2",
      "c2",
      "p2",
      "e3",
      "p3",
      "c3",
    ]);
  });

  it("never guesses integers", async () => {
    const numbered = "sentence1,sentence2,label\na,b,0\na,c,1\na,d,2\na,e,-1\n";
    const error = await errorOf(numbered);
    expect(error.code).toBe("unknown-labels");
    expect(error.message).toContain('"0" (1 row), "1" (1 row), "2" (1 row)');
    expect(error.hint).toContain("--label-map");
    const labelMap = { entailment: "0", neutral: "1", contradiction: "2" };
    expect(await rowsOf("nli", load(numbered, { labelMap }))).toHaveLength(3);
    expect((await errorOf("premise,hypothesis,label\na,b,0\na,c,1\n")).code).toBe("unknown-labels");
    expect(
      (await errorOf(numbered, { labelMap: { entailment: "0", neutral: "1" } })).message,
    ).toContain('"2"');
    expect(
      (await errorOf(numbered, { labelMap: { entailment: "0", yes: "entailmant" } })).hint,
    ).toBe('did you mean "entailment"?');
  });

  it("takes 0/1 and true/false of sentence pairs, and words by --label-map", async () => {
    const labels = async (values: string, options?: LoadOptions): Promise<number[]> =>
      (
        await rowsOf(
          "labelled-pair",
          load(
            `question1,question2,is_duplicate\na,b,${values.split(" ").join("\nc,d,")}\n`,
            options,
          ),
        )
      ).map((row) => row.label);
    expect(await labels("0 1 1")).toEqual([0, 1, 1]);
    expect(await labels("True False")).toEqual([1, 0]);
    expect(await labels("yes no", { labelMap: { yes: "1", no: "0" } })).toEqual([1, 0]);
    expect(await rowsOf("nli", load("s1,s2,label\na,b,e\nc,d,N\ne,f,c\n"))).toHaveLength(3);
  });

  it("leaves a label beside scores alone unless it is wanted", async () => {
    const sick =
      "sentence_A,sentence_B,relatedness_score,entailment_judgment\na,b,4.5,ENTAILMENT\nc,d,1,NEUTRAL\ne,f,3,CONTRADICTION\ng,h,1,ENTAILMENT\n";
    const scored = await load(sick);
    expect(scored.kind).toBe("scored-pair");
    expect(scored.account.notes).toContain('columns not used: "entailment_judgment"');
    expect((await load(sick, { as: ["pair"] })).rows).toHaveLength(2);
    expect((await load(sick, { as: ["nli"] })).kind).toBe("nli");
  });
});

describe("conversions", () => {
  it("pairs of a class: each text once anchor and once positive, seeded", async () => {
    const texts = Array.from({ length: 30 }, (_, i) => `t${i},c${i % 4}`);
    const content = `text,label\n${texts.join("\n")}\nlone,c9\nt0,c0\n`;
    const dataset = await load(content, { as: ["pair"] });
    const rows = dataset.rows as readonly RowTypes["pair"][];
    expect(rows).toHaveLength(30);
    expect(new Set(rows.map((r) => r.anchor)).size).toBe(30);
    expect(new Set(rows.map((r) => r.positive)).size).toBe(30);
    const classOf = (text: string): string => `c${Number(text.slice(1)) % 4}`;
    expect(
      rows.every(
        (r) =>
          r.anchor !== r.positive &&
          r.group === classOf(r.anchor) &&
          r.group === classOf(r.positive),
      ),
    ).toBe(true);
    expect(dataset.account.dropped).toEqual([
      { reason: "repeats a text of its class", count: 1, line: 33 },
      { reason: "only text of its class", count: 1, line: 32 },
    ]);
    expect((await load(content, { as: ["pair"] })).rows).toEqual(rows);
    expect((await load(content, { as: ["pair"], seed: 1 })).rows).not.toEqual(rows);
    const capped = await load(content, { as: ["pair"], perClass: 2 });
    expect(capped.rows).toHaveLength(8);
    expect(balanced(capped.account)).toBe(true);
  });

  it("a pair row is two texts of a fresh class, or of its group's", async () => {
    const rows = await rowsOf(
      "classed",
      load("anchor,positive,negative,group\na,b,n,\nc,d,,g\ne,f,,g\n", { as: ["classed"] }),
    );
    expect(rows.map((row) => [row.text, row.label, row.unit])).toEqual([
      ["a", "row 0", 0],
      ["b", "row 0", 0],
      ["n", "row 0 negative 0", 0],
      ["c", "group g", 1],
      ["d", "group g", 1],
      ["e", "group g", 2],
      ["f", "group g", 2],
    ]);
  });

  it("lists of positives and negatives give a row for each positive", async () => {
    const content =
      '{"query":"q","pos":["a","","b"],"neg":["n","m"]}\n{"query":"r","pos":["c"],"neg":[]}\n{"query":"s","pos":[],"neg":[]}\n';
    const dataset = await load(content, {}, "a.jsonl");
    expect(dataset.rows).toEqual([
      { anchor: "q", positive: "a", negatives: ["n", "m"], line: 1 },
      { anchor: "q", positive: "b", negatives: ["n", "m"], line: 1 },
      { anchor: "r", positive: "c", negatives: [], line: 2 },
    ]);
    expect(dataset.account).toMatchObject({ read: 3, kept: 2 });
    const error = await errorOf('{"query":{"x":1},"pos":["a"]}\n', {}, "a.jsonl");
    expect(error).toMatchObject({ code: "wrong-type", at: { line: 1 } });
  });

  it("reads margins of a teacher", async () => {
    const rows = await rowsOf(
      "pair",
      load("anchor,positive,negative,margin\na,b,c,0.5\nd,e,f,-1\n", { as: ["triplet"] }),
    );
    expect(rows.map((row) => row.margin)).toEqual([0.5, -1]);
    expect((await errorOf("anchor,positive,negative,margin\na,b,c,x\nd,e,f,1\n")).code).toBe(
      "bad-margin",
    );
  });
});

describe("the account", () => {
  it("counts empty cells with the first line", async () => {
    const dataset = await load('anchor,positive\na,b\n,c\nd,\n" ",e\nf,g\n');
    expect(dataset.account).toMatchObject({
      read: 5,
      kept: 2,
      dropped: [
        { reason: "with an empty anchor", count: 2, line: 3 },
        { reason: "with an empty positive", count: 1, line: 4 },
      ],
    });
    expect(dataset.columns).toEqual({ anchor: "anchor", positive: "positive" });
    expect(dataset.dialect).toBe('comma-separated, quotes ", header, utf-8');
    expect(dataset.account.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it("refuses one row and no row, with the reasons", async () => {
    const one = await errorOf("anchor,positive\na,b\nc,\n");
    expect(one.code).toBe("too-few-rows");
    expect(one.message).toBe(
      "has 1 usable row, expected at least 2; left out: 1 with an empty positive (line 3)",
    );
    const none = await errorOf("premise,hypothesis,label\na,b,-\nc,,neutral\n", { as: ["pair"] });
    expect(none.code).toBe("all-rows-dropped");
    expect(none.message).toContain(
      "none of the 2 rows can be used: 1 with an empty second sentence (line 3), 1 without a gold label",
    );
    expect((await load("anchor,positive\na,b\n", { leastRows: 1 })).rows).toHaveLength(1);
  });

  it("is balanced for any rows and any wish", async () => {
    const cell = fc.constantFrom("a", "b", "c", "d", "");
    const label = fc.constantFrom("entailment", "neutral", "contradiction", "-", "");
    const rows = fc.array(fc.tuple(cell, cell, label), { minLength: 1, maxLength: 30 });
    const as = fc.constantFrom(
      undefined,
      ["pair"],
      ["triplet"],
      ["classed"],
      ["labelled-pair"],
      ["scored-pair"],
      ["text"],
    );
    await fc.assert(
      fc.asyncProperty(rows, as, fc.boolean(), async (data, wanted, requireNegatives) => {
        const content = `premise,hypothesis,label\n${data.map((r) => r.join(",")).join("\n")}\n`;
        const options = {
          requireNegatives,
          leastRows: 1,
          ...(wanted && { as: wanted as LoadOptions["as"] & object }),
        };
        const dataset = await load(content, options).catch((error: unknown) => error);
        if (dataset instanceof UserError) {
          expect(dataset.code).toBe("all-rows-dropped");
          return;
        }
        const { account } = dataset as Dataset;
        expect(account.read).toBe(data.length);
        expect(balanced(account)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("any text", () => {
  it("gives rows with a balanced account, or a UserError", async () => {
    const piece = fc.constantFrom(
      "anchor,positive\n",
      "text,label\n",
      "sentence1\tsentence2\tscore\n",
      "a,b\n",
      "c,d\n",
      "e\tf\t0.5\n",
      "g\th\t4\n",
      '"',
      ",",
      "\t",
      "\n",
      '{"query":"q","pos":["p"],"neg":[]}\n',
      '{"query":1,"pos":[1]}\n',
      "{}\n",
      "entailment",
      "-1",
      "x y z.\n",
      "\r\n",
    );
    const kind = fc.constantFrom(
      "pair",
      "triplet",
      "classed",
      "labelled-pair",
      "scored-pair",
      "nli",
      "text" as const,
    );
    const wish = fc.option(
      kind.map((k) => ({ as: [k] as LoadOptions["as"] & object })),
      { nil: {} },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), wish, async (pieces, options) => {
        const result = await load(pieces.join(""), options).catch((error: unknown) => error);
        if (!(result instanceof UserError))
          expect(balanced((result as Dataset).account)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe("preview", () => {
  it("shows rows as the model sees them", async () => {
    const dataset = await load("query,answer,negative_1,negative_2\n a ,b,n,m\nc,d,o,\ne,f,,\n");
    expect(preview(dataset, 2)).toEqual([
      {
        line: 2,
        cells: [
          { name: "anchor", value: "a" },
          { name: "positive", value: "b" },
          { name: "negative_1", value: "n" },
          { name: "negative_2", value: "m" },
        ],
      },
      {
        line: 3,
        cells: [
          { name: "anchor", value: "c" },
          { name: "positive", value: "d" },
          { name: "negative", value: "o" },
        ],
      },
    ]);
  });
});

describe("openTexts", () => {
  it("streams the text column in order, empty texts included", async () => {
    const stream = await openTexts(temporaryFile("id,text\n1,a\n2,\n3,b\n"));
    expect(stream.columns).toEqual({ text: "text" });
    expect(await collect(stream.rows())).toEqual([
      { text: "a", line: 2 },
      { text: "", line: 3 },
      { text: "b", line: 4 },
    ]);
    expect(stream.sha256()).toMatch(/^[0-9a-f]{64}$/);
  });

  it("takes a plain text file, a lone query column, and what --columns names", async () => {
    expect(
      await collect((await openTexts(temporaryFile("A b.\nC d.\n", "a.txt"))).rows()),
    ).toHaveLength(2);
    expect((await openTexts(temporaryFile("query_id,query\n1,a\n"))).columns).toEqual({
      text: "query",
    });
    const pairs = temporaryFile("sentence1,sentence2\na,b\n");
    expect((await userErrorOf(openTexts(pairs))).code).toBe("missing-column");
    const named = await openTexts(pairs, { columns: { text: "sentence2" } });
    expect(await collect(named.rows())).toEqual([{ text: "b", line: 2 }]);
  });
});
