import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  effectiveRecords,
  lineLog,
  openLog,
  readLog,
} from "../../../src/training/run-folder/log.js";
import { openLogTable } from "../../../src/training/run-folder/log-table.js";

const file = (name: string): string => join(mkdtempSync(join(tmpdir(), "log ")), name);
const step = (n: number, loss = n / 10) => ({
  step: n,
  epoch: n / 4,
  loss,
  gradNorm: 1,
  lr: 0.001,
  tokens: 0,
  msPerStep: 2,
});
const evaluation = (n: number, value: number) => ({ step: n, eval: { spearman_cosine: value } });

describe("a resumed log", () => {
  it("drops what was done after the step that it went on from", () => {
    const before = [evaluation(0, 0.1), step(1), step(2), evaluation(2, 0.2), step(3, 9)];
    const again = [{ resumed: 2 }, step(3), evaluation(3, 0.3)];
    expect(effectiveRecords([...before, ...again])).toEqual([
      ...before.slice(0, 4),
      ...again.slice(1),
    ]);
  });

  it("has its unfinished last line cut off before anything is added", () => {
    const path = file("log.jsonl");
    writeFileSync(path, `${JSON.stringify(step(1))}\n{"step":2,"ep`);
    const log = openLog(path);
    log.append(step(2));
    log.close();
    expect(readLog(path)).toEqual([step(1), step(2)]);
  });
});

describe("openLogTable", () => {
  it("begins with the records that hold and adds a row an update and a row an evaluation", () => {
    const path = file("log.csv");
    const columns = { metrics: ["spearman_cosine"], files: [] };
    const table = openLogTable(path, columns, [evaluation(0, 0.5), step(1)]);
    table.append({ resumed: 1 });
    table.append(step(2));
    table.append(evaluation(2, 0.25));
    table.close();
    expect(readFileSync(path, "utf8").trimEnd().split("\n")).toEqual([
      "step,epoch,loss,gradNorm,lr,tokens,msPerStep,spearman_cosine",
      "0,,,,,,,0.5",
      "1,0.25,0.1,1,0.001,0,2,",
      "2,0.5,0.2,1,0.001,0,2,",
      "2,,,,,,,0.25",
    ]);
  });
});

describe.skipIf(!existsSync("/dev/full"))("a full disk, by /dev/full", () => {
  it("is a UserError that names the log, also when the log is closed", () => {
    const log = lineLog("/dev/full", () => "x");
    expect(() => log.append(evaluation(1, 0))).toThrow("the disk is full");
    expect(() => log.close()).not.toThrow();
    const waiting = lineLog("/dev/full", () => "x");
    waiting.append(step(1));
    expect(() => waiting.close()).toThrow("the disk is full");
  });
});
