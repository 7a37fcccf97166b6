import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { architectureParameters } from "../../../src/encoder/architectures/registry.js";
import { huggingFaceWeights } from "../../../src/export/sentence-transformers/weight-names.js";
import { widen } from "../../../src/graph/import/source.js";
import type { Tensor } from "../../../src/math/tensor.js";
import { folderReader } from "../../../src/onnx/external-data.js";
import { decode, type ModelProto } from "../../../src/onnx/model.js";
import { toTensor } from "../../../src/onnx/tensor-proto.js";

const fixtures = "test/fixtures/encoders";
const names = readdirSync(fixtures, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const onnx = (name: string): string => join(fixtures, name, "onnx", "model.onnx");
const modelOf = (name: string): ModelProto => decode(readFileSync(onnx(name)));
const configOf = (name: string) =>
  JSON.parse(readFileSync(join(fixtures, name, "config.json"), "utf8"));

function weightsOf(name: string, model = modelOf(name)): Map<string, Tensor> {
  const protos = new Map(model.graph!.initializer.map((proto) => [proto.name, proto]));
  return huggingFaceWeights(
    model,
    architectureParameters(configOf(name), "config.json"),
    (initializer) => widen(toTensor(protos.get(initializer)!, folderReader(dirname(onnx(name))))),
  );
}

describe("huggingFaceWeights", () => {
  it.each(names.filter((name) => !name.includes("quantised")))(
    "finds every weight of %s in its shape",
    (name) => {
      const weights = weightsOf(name);
      const shapes = architectureParameters(configOf(name), "config.json");
      expect([...weights.keys()].sort()).toEqual([...shapes.keys()].sort());
      for (const [weight, { shape }] of weights) expect(shape).toEqual(shapes.get(weight));
    },
  );

  // One set of weights, written by the two exporters of PyTorch: TorchScript names the nodes by module, dynamo does not.
  it.each([
    ["mpnet-torchscript-14", "mpnet-dynamo-18"],
    ["bert-torchscript-11", "bert-torchscript-14"],
  ])("gives the same values for %s and %s", (one, other) => {
    const [a, b] = [weightsOf(one), weightsOf(other)];
    for (const [name, { data }] of a) expect([name, ...data]).toEqual([name, ...b.get(name)!.data]);
  });

  // As a student of `distill` is exported: stored for MatMul, [in, out], under the name of the layer.
  it("turns a weight that has its name and is multiplied with as it is", () => {
    const name = "bert-torchscript-14";
    const wanted = weightsOf(name);
    const model = modelOf(name);
    const graph = model.graph!;
    const named = new Map<string, string>();
    const anchor = "embeddings.word_embeddings.weight";
    const prefix =
      graph.initializer
        .find((proto) => proto.name.endsWith(anchor))
        ?.name.slice(0, -anchor.length) ?? "";
    for (const { opType, input, name: path } of graph.node) {
      const module = /^\/(.+)\/MatMul(_\d+)?$/.exec(path)?.[1].replaceAll("/", ".");
      if (opType !== "MatMul" || module === undefined) continue;
      const weight = [...wanted.keys()].find((key) => `m.${key}`.endsWith(`${module}.weight`));
      if (weight !== undefined && input[1].startsWith("onnx::"))
        named.set(input[1], prefix + weight);
    }
    expect(named.size).toBe(12);
    for (const node of graph.node)
      node.input = node.input.map((input) => named.get(input) ?? input);
    for (const proto of graph.initializer) proto.name = named.get(proto.name) ?? proto.name;
    const found = weightsOf(name, model);
    for (const [weight, { data }] of wanted)
      expect([weight, ...found.get(weight)!.data]).toEqual([weight, ...data]);
  });

  it("gives one shared tensor to every bias that the exporter merged into it", () => {
    const weights = weightsOf("bert-shared-biases-torchscript-14");
    const biases = [...weights].filter(([name]) => /attention\.self\.\w+\.bias$/.test(name));
    expect(biases).toHaveLength(6);
    for (const [, { data }] of biases) expect([...data].every((x) => x === 0)).toBe(true);
  });

  it("takes the bias's word where node names tell nothing, and refuses where nothing tells", () => {
    const name = "bert-torchscript-14";
    const nameless = modelOf(name);
    for (const node of nameless.graph!.node) node.name = "";
    const wanted = weightsOf(name).get("encoder.layer.1.output.dense.weight")!;
    const found = weightsOf(name, nameless).get("encoder.layer.1.output.dense.weight")!;
    expect([...found.data]).toEqual([...wanted.data]);
    for (const node of nameless.graph!.node) {
      node.input = node.input.map((input) =>
        input.endsWith(".bias") ? `x.${input.length}` : input,
      );
    }
    expect(() => weightsOf(name, nameless)).toThrow(
      /do not tell which of them is encoder\.layer\.0\.attention\.self\.query\.weight \[16,16\]/,
    );
  });

  it("refuses weights where bias and node name disagree", () => {
    const name = "bert-torchscript-14";
    const model = modelOf(name);
    const products = model.graph!.node.filter((node) =>
      /self\/(query|key)\/MatMul$/.test(node.name),
    );
    const [query, key] = products as [(typeof products)[0], (typeof products)[0]];
    [query.name, key.name] = [key.name, query.name];
    expect(() => weightsOf(name, model)).toThrow("attention.self.query.weight");
  });

  it("refuses a quantised model and an architecture that it does not know", () => {
    expect(() => weightsOf("bert-quantised-torchscript-14")).toThrow("do not tell which of them");
    expect(() => architectureParameters({ model_type: "t5" }, "config.json")).toThrow(
      'has model_type "t5"',
    );
  });
});
