import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inspectFiles } from "../../src/dataset/inspect/inspect-files.js";
import { countUnknown } from "../../src/dataset/inspect/unknown-share.js";
import { readRows } from "../../src/dataset/load-dataset.js";
import { textsOfRow } from "../../src/dataset/rows/convert.js";
import type { Encoder } from "../../src/encoder/encoder.js";
import { loadEncoder } from "../../src/encoder/load.js";
import { openTokenCounter } from "../../src/encoder/token-counter.js";
import { unknownTokensNote } from "../../src/encoder/unknown-tokens.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import { field } from "../dataset/field.js";

describe("tokens that a tokenizer does not know", () => {
  let runtime: Runtime;
  let encoder: Encoder;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1 });
    encoder = await loadEncoder({ runtime });
  });
  afterAll(async () => {
    await encoder.release();
    await runtime.close();
  });

  const noteOf = async (name: string): Promise<string | undefined> => {
    const { dataset } = await readRows(field(name));
    return unknownTokensNote(encoder, dataset.rows.flatMap(textsOfRow));
  };

  it("are told of in texts of other scripts, and nothing is said of English", async () => {
    for (const name of ["other-script.txt", "other-script-pairs.csv", "cjk-no-header.csv"]) {
      const note = await noteOf(name);
      expect(note).toMatch(/^\d+ % of the tokens are unknown to the tokenizer of embtune-mini-en/);
      expect(note).toContain("bring a multilingual model");
    }
    expect(await noteOf("header-plural.csv")).toBeUndefined();
  });

  it("are a finding of inspect", async () => {
    const tokens = () => openTokenCounter();
    const { files } = await inspectFiles([field("other-script.txt"), field("header-plural.csv")], {
      tokens,
    });
    const codes = files.map(({ findings }) => findings.map(({ code }) => code));
    expect(codes[0]).toContain("unknown-tokens");
    expect(codes[1]).not.toContain("unknown-tokens");
  });

  it("are counted between the special tokens, and worth a word above a twentieth", () => {
    expect(
      countUnknown(
        [
          [1, 9, 5, 9, 1],
          [9, 5, 9],
        ],
        9,
      ),
    ).toEqual({ tokens: 4, unknown: 2, percent: 50, many: true });
    const few = [1, 9, ...Array.from({ length: 19 }, () => 5), 1];
    expect(countUnknown([few], 9)).toMatchObject({ percent: 5, many: false });
    expect(countUnknown([], 9)).toMatchObject({ tokens: 0, many: false });
  });
});
