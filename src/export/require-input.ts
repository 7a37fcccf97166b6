import { create } from "@bufbuild/protobuf";
import { TensorShapeProto_DimensionSchema, TypeProtoSchema, ValueInfoProtoSchema } from "onnx-buf";
import { invariant } from "../errors/internal.js";
import { elementType } from "../onnx/element-type.js";
import type { ModelProto } from "../onnx/model.js";

/** The model with an int64 input [batch_size, sequence_length] of that name, which nothing reads where it had none: for readers that feed it in any case. */
export function requireInput(model: ModelProto, name: string): ModelProto {
  const { graph } = model;
  invariant(graph !== undefined, "a model without a graph");
  if (graph.input.some((input) => input.name === name)) return model;
  const dim = ["batch_size", "sequence_length"].map((value) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimParam", value } }),
  );
  const value = { elemType: elementType("int64"), shape: { dim } };
  const type = create(TypeProtoSchema, { value: { case: "tensorType", value } });
  const input = create(ValueInfoProtoSchema, { name, type });
  return { ...model, graph: { ...graph, input: [...graph.input, input] } };
}
