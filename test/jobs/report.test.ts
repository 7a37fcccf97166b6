import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareModels } from "../../src/jobs/compare-models.js";
import { inspect } from "../../src/jobs/inspect.js";
import { writeReport } from "../../src/jobs/report.js";
import { train } from "../../src/jobs/train.js";
import { inspectionPage } from "../../src/report/inspection-page.js";
import { modelsPage } from "../../src/report/models-page.js";
import { readKeptEvaluation } from "../../src/training/run-folder/kept-evaluation.js";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { temporaryFile, temporaryFolder } from "../dataset/temporary-files.js";
import { elements, readPage, textOf } from "../report/read-html.js";
import { bundled } from "../support/bundled.js";
import { chromiumPath, launch, openPage, overflow, violations } from "../support/chromium.js";

const markup = `</td><script>alert(1)</script> & <b onclick='x'>"bold"</b>`;
const arabic = "مرحبا بالعالم، أين الطرد؟";
const endless = "unbroken".repeat(400);
const subjects = ["parcel", "refund", "password", "battery", "garden", "invoice"];

/** Scored pairs, a few of them of texts that a page must survive. */
const pairs = subjects.flatMap((one, i) =>
  subjects.map((other, j) => {
    const odd = [markup, arabic, endless][6 * i + j] ?? `where is my ${other} of number ${i}`;
    return {
      sentence1: `the ${one} is late, case ${j}`,
      sentence2: odd,
      score: i === j ? 5 : (i + j) % 4,
    };
  }),
);
const lines = (rows: readonly object[]): string =>
  rows.map((row) => JSON.stringify(row)).join("\n");
const scored = temporaryFile(lines(pairs), "scored.jsonl");
const learnt = temporaryFile(
  lines(pairs.map(({ sentence1, ...rest }) => ({ sentence1: `${sentence1}, again`, ...rest }))),
  "learnt.jsonl",
);
const classed = temporaryFile(
  lines(
    pairs.map(({ sentence1 }, i) => ({
      text: sentence1,
      label: `${i % 6 === 0 ? markup : subjects[i % 6]}`,
    })),
  ),
  "classed.jsonl",
);

const folder = temporaryFolder();
const run = join(folder, "first");
const classes = join(folder, "second");

beforeAll(async () => {
  const common = { epochs: 2, batchSize: 8, threads: 1 } as const;
  await train({ ...common, data: learnt, eval: scored, out: run });
  await train({ ...common, data: learnt, eval: classed, out: classes, report: false });
}, 120_000);

const figureTitles = (path: string): string[] =>
  elements(readPage(readFileSync(path, "utf8")), "figure").map((figure) =>
    textOf(elements(figure, "h3")[0]),
  );

describe("report of a run", () => {
  it("has its figures, each with a caption, a named drawing and a table of its numbers", () => {
    const path = join(run, "report.html");
    expect(figureTitles(path)).toEqual([
      "spearman_cosine",
      "Loss",
      "Learning rate",
      "Between start and end of training",
      "Alignment and uniformity by step",
      "Cosines by gold score",
      "Gold score and cosine",
      "Map of the texts",
      "Spectrum",
      "Alignment and uniformity",
    ]);
    for (const figure of elements(readPage(readFileSync(path, "utf8")), "figure")) {
      expect(textOf(elements(figure, "figcaption")[0]).length).toBeGreaterThan(40);
      for (const svg of elements(figure, "svg"))
        expect(svg.attrs).toContainEqual({ name: "role", value: "img" });
      expect(elements(elements(figure, "tbody")[0], "tr").length).toBeGreaterThan(0);
    }
  });

  it("shows which point of the line was chosen", () => {
    const { alpha } = readRun(run).result!.interpolation!;
    const tiles = elements(readPage(readFileSync(join(run, "report.html"), "utf8")), "dl")[0];
    expect(textOf(tiles)).toContain(`chosen α${alpha}after `);
  });

  it("says what figures about vectors measure, and of which rows some won and lost", () => {
    const page = readPage(readFileSync(join(run, "report.html"), "utf8"));
    const captions = elements(page, "figure").map(
      (figure) => `${textOf(elements(figure, "h3")[0])}: ${textOf(figure)}`,
    );
    const captionOf = (title: string) => captions.find((one) => one.startsWith(`${title}:`));
    for (const title of ["Alignment and uniformity", "Alignment and uniformity by step"]) {
      expect(captionOf(title)).toContain("far apart texts lie that belong together");
      expect(captionOf(title)).toMatch(/lower \(more negative\) is better/);
    }
    expect(captionOf("Spectrum")).toContain("a flat curve is better");
    expect(textOf(page)).toContain(`Rows of the selecting data (${scored}; n ${pairs.length})`);
  });

  it("draws each point of the map in the order of its table", () => {
    const page = readPage(readFileSync(join(run, "report.html"), "utf8"));
    const map = elements(page, "figure").find(({ attrs }) =>
      attrs.some(({ value }) => value.includes("map")),
    )!;
    const { rows } = readKeptEvaluation(run)!;
    const listed = elements(elements(map, "tbody")[0], "tr");
    expect(listed).toHaveLength(rows.sample.length);
    for (const svg of elements(map, "svg")) {
      const marks = elements(svg, "g").find(({ attrs }) =>
        attrs.some(({ value }) => value.split(" ").includes("role-mark")),
      )!;
      expect(elements(marks, "path")).toHaveLength(rows.sample.length);
    }
  });

  it("shows texts of data as texts", () => {
    const page = readPage(readFileSync(join(run, "report.html"), "utf8"));
    expect(elements(page, "script")).toHaveLength(1);
    const shown = elements(page, "td").map(textOf);
    expect(shown).toContain(markup);
    expect(shown).toContain(arabic);
    expect(Math.max(...shown.map((one) => one.length))).toBeLessThan(500);
  });

  it("tells which classes are taken for which", async () => {
    const path = await writeReport([classes]);
    expect(path).toBe(join(classes, "report.html"));
    expect(figureTitles(path)).toContain("Classes taken for others");
    expect(statSync(path).size).toBeLessThan(2e6);
  });

  it("draws the map by UMAP too where that is asked for, and refuses it where there is no map", async () => {
    const out = join(folder, "umap.html");
    await writeReport([classes], { out, umap: true });
    const map = elements(readPage(readFileSync(out, "utf8")), "figure").find(
      (figure) => textOf(elements(figure, "h3")[0]) === "Map of the texts",
    )!;
    expect(elements(map, "input")).toHaveLength(2);
    const { rows } = readKeptEvaluation(classes)!;
    const drawings = elements(map, "svg").map((svg) =>
      elements(svg, "path")
        .map(({ attrs }) => attrs.find(({ name }) => name === "transform")?.value)
        .join(),
    );
    expect(new Set(drawings).size).toBe(4);
    expect(elements(elements(map, "tbody")[0], "tr")).toHaveLength(rows.sample.length);
    await expect(
      writeReport([run, classes], { out, overwrite: true, umap: true }),
    ).rejects.toMatchObject({ code: "option-without-effect" });
  });

  it("shows a comparison of models: a dot each, and a row each with its verdict", async () => {
    const comparison = await compareModels({ models: [run] });
    const page = readPage(await modelsPage(comparison));
    const [figure] = elements(page, "figure");
    expect(elements(elements(figure, "tbody")[0], "tr").map(textOf)).toHaveLength(2);
    const scores = elements(page, "tbody").at(-1)!;
    expect(textOf(elements(scores, "td")[0])).toBe(run);
    expect(textOf(elements(scores, "td").at(-1)!)).toBe("none");
    writeFileSync(join(folder, "compared.html"), await modelsPage(comparison));
  });

  it("sets several runs side by side, and replaces only what it may", async () => {
    const out = join(folder, "both.html");
    await writeReport([run, classes], { out });
    const page = readPage(readFileSync(out, "utf8"));
    const cells = elements(page, "td").map(textOf);
    expect(cells).toEqual(expect.arrayContaining([run, classes, "eval"]));
    await expect(writeReport([run, classes], { out })).rejects.toMatchObject({
      code: "out-exists",
    });
    await expect(writeReport([folder])).rejects.toMatchObject({ code: "not-a-run" });
  });
});

describe("what a run keeps for its report", () => {
  it("are rows and vectors under both models, by the texts' places", () => {
    const kept = readKeptEvaluation(run)!;
    const { rows, base, tuned } = kept;
    expect(rows).toMatchObject({ task: "sts", of: 36, main: "agreement" });
    expect(base).toMatchObject({ rows: rows.sample.length, cols: bundled.width });
    expect(tuned?.rows).toBe(rows.sample.length);
    // The cosine of a row's two texts, by half-precision vectors, is the evaluator's.
    const at = (row: number, side: string): number =>
      rows.sample.findIndex((one) => one.row === row && one.side === side);
    const both = rows.texts.findIndex(
      (_, row) => at(row, "query") >= 0 && at(row, "document") >= 0,
    );
    const [i, j] = [at(both, "query"), at(both, "document")];
    let cosine = 0;
    const { width } = bundled;
    for (let d = 0; d < width; d++) cosine += base!.data[width * i + d] * base!.data[width * j + d];
    expect(cosine).toBeCloseTo(rows.base.cosine[both] as number, 2);
  });
});

describe("the model card of a run", () => {
  const formOf = (folder: string): string => join(folder, "model", "sentence-transformers");

  it("shows small drawings that lie beside it, each a whole SVG file", () => {
    const card = readFileSync(join(formOf(run), "README.md"), "utf8");
    const paths = [...card.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path);
    expect(paths).toEqual(
      expect.arrayContaining(["figures/spearman-cosine.svg", "figures/cosines-by-gold-score.svg"]),
    );
    expect(readdirSync(join(formOf(run), "figures")).sort()).toEqual(
      paths.map((path) => path.replace("figures/", "")).sort(),
    );
    for (const path of paths) {
      const svg = readFileSync(join(formOf(run), path), "utf8");
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*>.*<\/svg>\n$/s);
      expect(svg.length).toBeLessThan(40_000);
      for (const [, name] of svg.matchAll(/var\((--\w+)\)/g)) expect(svg).toContain(`${name}:#`);
    }
  });

  it("has none where no report is wanted", () => {
    expect(readdirSync(formOf(classes))).not.toContain("figures");
  });
});

/** Each width and each scheme once: nothing depends on both. */
const views = [
  { width: 1280, colorScheme: "light" },
  { width: 400, colorScheme: "dark" },
] as const;

describe.skipIf(chromiumPath === undefined)("pages in Chromium", () => {
  let browser: Browser;
  const inspected = join(folder, "inspected.html");
  beforeAll(async () => {
    browser = await launch();
    writeFileSync(inspected, await inspectionPage(await inspect([scored, classed])));
    await writeReport([run, classes], { out: join(folder, "runs.html") });
  }, 120_000);
  afterAll(() => browser.close());

  const pages = [
    join(run, "report.html"),
    join(folder, "umap.html"),
    join(folder, "compared.html"),
    join(folder, "runs.html"),
    inspected,
  ];

  it.each(views)(
    "ask for nothing, complain of nothing and fit, $width pixels, $colorScheme",
    async (view) => {
      for (const file of pages) {
        const { page, complaints } = await openPage(browser, file, view);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await page.evaluate(
          'document.querySelectorAll("details").forEach((one) => { one.open = true })',
        );
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(await violations(page)).toEqual([]);
        expect(complaints).toEqual([]);
        await page.close();
      }
    },
    120_000,
  );

  it("show one view of the map at a time", async () => {
    const { page } = await openPage(browser, join(folder, "umap.html"), views[0]);
    const seen = () =>
      page
        .locator("figure.map .panels")
        .all()
        .then((groups) => Promise.all(groups.map((group) => group.isVisible())));
    expect(await seen()).toEqual([true, false]);
    await page.getByRole("radio", { name: "UMAP" }).check();
    expect(await seen()).toEqual([false, true]);
    await page.close();
  }, 60_000);

  it("show the text of a point by keyboard, in both pictures", async () => {
    const { page } = await openPage(browser, join(run, "report.html"), views[0]);
    await page.focus("figure.map svg");
    await page.keyboard.press("ArrowRight");
    const { rows } = readKeptEvaluation(run)!;
    const [{ row, side }] = rows.sample;
    const text = side === "query" ? rows.texts[row] : rows.others?.[row];
    expect(await page.textContent(".tip")).toContain(text);
    expect(await page.locator("figure.map path.on").count()).toBe(2);
    await page.close();
  }, 60_000);
});
