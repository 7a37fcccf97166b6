import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lockRun, releaseAll } from "../../../src/training/run-folder/run-lock.js";

const folder = (): string => mkdtempSync(join(tmpdir(), "lock "));

describe("lockRun", () => {
  it("names its process, refuses a second claim and is gone after release", () => {
    const run = folder();
    const lock = lockRun(run);
    expect(JSON.parse(readFileSync(join(run, "run.lock"), "utf8"))).toMatchObject({
      pid: process.pid,
      host: hostname(),
    });
    expect(() => lockRun(run)).toThrow(`process ${process.pid} is training in`);
    lock.release();
    expect(existsSync(join(run, "run.lock"))).toBe(false);
    lockRun(run).release();
  });

  it.each([
    ["a dead process", JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() })],
    ["an earlier process of this number", JSON.stringify({ pid: process.pid, host: hostname() })],
    [
      "a process that began at another time",
      JSON.stringify({ pid: process.ppid, host: hostname(), started: "1" }),
    ],
    ["nobody, being damaged", '{"pid":'],
  ])("takes over the lock of %s", (_, content) => {
    const run = folder();
    writeFileSync(join(run, "run.lock"), content);
    const lock = lockRun(run);
    expect(JSON.parse(readFileSync(join(run, "run.lock"), "utf8")).pid).toBe(process.pid);
    lock.release();
  });

  it("gives up all claims of a process that is about to end", () => {
    const [own, other] = [folder(), folder()];
    lockRun(own);
    writeFileSync(join(other, "run.lock"), JSON.stringify({ pid: process.ppid, host: hostname() }));
    releaseAll();
    expect(existsSync(join(own, "run.lock"))).toBe(false);
    expect(existsSync(join(other, "run.lock"))).toBe(true);
    lockRun(own).release();
  });

  it("leaves the lock of a process on another machine alone", () => {
    const run = folder();
    writeFileSync(join(run, "run.lock"), JSON.stringify({ pid: 1, host: "elsewhere" }));
    expect(() => lockRun(run)).toThrow("process 1 on elsewhere is training in");
  });
});
