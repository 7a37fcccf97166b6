import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { folderReader } from "../../src/onnx/external-data.js";
import { filedInitializers } from "../../src/onnx/filed-initializers.js";
import { decode } from "../../src/onnx/model.js";
import { toTensor } from "../../src/onnx/tensor-proto.js";
import { temporaryFile } from "../dataset/temporary-files.js";

const fixture = (name: string): string => `test/fixtures/encoders/${name}/onnx/model.onnx`;

describe("filedInitializers", () => {
  it.each([
    "bert-torchscript-14",
    "bert-dynamo-18",
    "bert-external-data-torchscript-14",
    "bert-quantised-torchscript-14",
  ])("are those that decoding the whole file gives: %s", (name) => {
    const file = fixture(name);
    const external = folderReader(dirname(file), file);
    const protos = decode(readFileSync(file), file).graph!.initializer;
    const filed = filedInitializers(file);
    expect([...filed.keys()]).toEqual(protos.map((proto) => proto.name));
    for (const proto of protos) {
      const { elementType, read } = filed.get(proto.name)!;
      expect(elementType).toBe(proto.dataType);
      expect(read()).toEqual(toTensor(proto, external));
    }
  });

  it("refuse a file that is cut short", () => {
    const bytes = readFileSync(fixture("bert-torchscript-14"));
    const file = temporaryFile(bytes.subarray(0, bytes.length >> 1), "model.onnx");
    expect(() => filedInitializers(file)).toThrow("cut short");
  });
});
