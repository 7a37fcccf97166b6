import { afterEach, expect, it, vi } from "vitest";
import { clearLine, fitLine, showLine, writeAbove } from "../../src/cli/live-line.js";
import { paceClock, runClock } from "../../src/cli/pace.js";

const parts = [
  { text: "training", rank: 1 },
  { text: "#####", rank: 3 },
  { text: "5/10", rank: 2 },
  { text: "loss 0.41", rank: 4 },
  { text: "1m05s left", rank: 0 },
];

it("drops detail, bar, count and title in this order where the terminal is narrow; time left stays", () => {
  expect(fitLine(parts, 60)).toBe("training ##### 5/10 loss 0.41 1m05s left");
  expect(fitLine(parts, 35)).toBe("training ##### 5/10 1m05s left");
  expect(fitLine(parts, 25)).toBe("training 5/10 1m05s left");
  expect(fitLine(parts, 19)).toBe("training 1m05s left");
  expect(fitLine(parts, 12)).toBe("1m05s left");
});

afterEach(() => vi.restoreAllMocks());

/** What a terminal shows of it: lines, with the cursor put back and cleared as it is told. */
function screenOf(written: string): string[] {
  const lines = [""];
  let column = 0;
  for (const [part] of written.replaceAll("\x1b", "␛").matchAll(/␛\[\??\d*[a-zA-Z]|␛\d|[\s\S]/g)) {
    const last = lines.length - 1;
    if (part === "\r" || part === "␛[1G") column = 0;
    else if (/^␛\[0?K$/.test(part)) lines[last] = lines[last].slice(0, column);
    else if (part === "␛[2K") lines[last] = "";
    else if (part === "\n") {
      lines.push("");
      column = 0;
    } else if (!part.startsWith("␛")) {
      lines[last] = lines[last].slice(0, column) + part + lines[last].slice(column + 1);
      column++;
    }
  }
  return lines;
}

it("writes notes above the line and draws the line anew; a cleared line leaves nothing", () => {
  let written = "";
  const { isTTY } = process.stderr;
  process.stderr.isTTY = true;
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written += String(text);
    return true;
  });
  try {
    showLine([{ text: "training 1/2", rank: 0 }]);
    writeAbove("note: one\n");
    expect(screenOf(written)).toEqual(["note: one", "training 1/2"]);
    clearLine();
    writeAbove("end\n");
    expect(screenOf(written)).toEqual(["note: one", "end", ""]);
  } finally {
    process.stderr.isTTY = isTTY;
  }
});

it("reckons a run's time left by steps and evaluations apart, within a twentieth after a tenth", () => {
  let now = 0;
  const { clock, stepped, evaluated, begin } = runClock({ steps: 100, evalEvery: 25 }, () => now);
  now += 7000;
  begin();
  now += 3000;
  evaluated();
  now += 5000;
  stepped();
  for (let step = 2; step <= 10; step++) {
    now += 200;
    stepped();
  }
  const { left, rate } = clock(10);
  expect(rate).toBe("5.0 steps/s");
  // 90 steps of 0.2 s and 4 evaluations of 3 s.
  expect(left).toBe("30s left");
});

it("counts no time that folds took as a step's", () => {
  let now = 0;
  const { clock, stepped, elsewhere } = runClock({ steps: 10, evalEvery: 10 }, () => now);
  now += 60_000;
  elsewhere();
  now += 500;
  stepped();
  expect(clock(1).left).toBe("4.5s left");
});

it("reckons by the mean rate since the first call", () => {
  let now = 0;
  const clock = paceClock(1000, () => now);
  expect(clock(400)).toEqual({ rate: "", left: "" });
  now += 2000;
  expect(clock(600)).toEqual({ rate: "100/s", left: "4.0s left" });
});
