import { afterEach, describe, expect, it, vi } from "vitest";
import { endPassing, openTerminal } from "../../src/cli/terminal.js";
import { waitProgress } from "../../src/cli/wait-progress.js";
import type { Wait } from "../../src/files/progress.js";

/** What stderr gets, and a clock that only the test moves. */
function watched() {
  let now = 0;
  const lines: string[] = [];
  vi.spyOn(performance, "now").mockImplementation(() => now);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    lines.push(String(text).trim());
    return true;
  });
  return {
    lines,
    at: (seconds: number) => {
      now = 1000 * seconds;
    },
  };
}

const wait = (done: number, more: Partial<Wait> = {}): Wait => ({
  ...{ title: "reading a.csv", unit: "bytes", total: 100e6, ended: false },
  ...{ done, ...more },
});

afterEach(() => {
  endPassing();
  vi.restoreAllMocks();
});

describe("waits on the terminal", () => {
  it("are shown after a second, with a rate and the time left, and no longer than they last", () => {
    const { lines, at } = watched();
    const show = waitProgress(openTerminal({}));
    show(wait(0));
    at(0.9);
    show(wait(9e6));
    expect(lines).toEqual([]);
    at(2);
    show(wait(20e6));
    at(7);
    show(wait(70e6));
    at(8);
    show(wait(100e6, { ended: true }));
    expect(lines).toEqual(["reading a.csv, MB 20/100", "reading a.csv, MB 70/100 10/s 3.0s left"]);
  });

  it("are told one at a time, and not beside a command's own display", () => {
    const { lines, at } = watched();
    const terminal = openTerminal({});
    const show = waitProgress(terminal);
    show(wait(0));
    show(wait(0, { title: "hashing b" }));
    at(2);
    show(wait(10e6));
    show(wait(10e6, { title: "hashing b" }));
    expect(lines).toEqual(["reading a.csv, MB 10/100"]);
    const own = terminal.progress("embedding", 10);
    at(20);
    show(wait(20e6));
    own.update(5);
    own.stop();
    own.stop();
    show(wait(90e6));
    expect(lines.slice(1)).toEqual(["embedding 5/10", "reading a.csv, MB 90/100"]);
  });

  it("are silent with --quiet", () => {
    const { lines, at } = watched();
    const show = waitProgress(openTerminal({ quiet: true }));
    show(wait(0));
    at(5);
    show(wait(9e6));
    expect(lines).toEqual([]);
  });
});
