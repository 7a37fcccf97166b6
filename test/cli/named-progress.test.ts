import { describe, expect, it } from "vitest";
import { namedProgress } from "../../src/cli/named-progress.js";
import type { Terminal } from "../../src/cli/terminal.js";

describe("namedProgress", () => {
  it("shows one count at a time, and ends it when it is done or another begins", () => {
    const told: string[] = [];
    const terminal: Terminal = {
      json: false,
      width: undefined,
      result: () => {},
      note: () => {},
      passing: () => {},
      progress: (title, total) => {
        told.push(`${title} of ${total}`);
        return { update: (done) => told.push(String(done)), stop: () => told.push("stop") };
      },
    };
    const { show, stop } = namedProgress(terminal);
    show("encoding", 1, 3);
    show("encoding", 3, 3);
    show("encoding", 2, 5);
    show("searching", 1, 9);
    stop();
    stop();
    expect(told).toEqual([
      ...["encoding of 3", "1", "3", "stop"],
      ...["encoding of 5", "2", "stop", "searching of 9", "1", "stop"],
    ]);
  });
});
