"""From a PyTorch encoder to onnx/model.onnx, in the ways found in the wild."""

import copy
import tempfile
import warnings
from pathlib import Path

import numpy
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16

AXES = {0: "batch_size", 1: "sequence_length"}
# Metadata that names places on the exporting machine.
MACHINE = {"pkg.torch.onnx.stack_trace", "pkg.torch.onnx.fx_node", "pkg.torch.onnx.class_hierarchy", "namespace"}


class Wrapper(torch.nn.Module):
    """An encoder inside a module of one's own: parameter names get a prefix."""

    def __init__(self, model, attribute, pooler):
        super().__init__()
        setattr(self, attribute, model)
        self.attribute = attribute
        self.pooler = pooler

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        model = getattr(self, self.attribute)
        output = model(input_ids=input_ids, attention_mask=attention_mask, **types)
        return (output.last_hidden_state, output.pooler_output) if self.pooler else output.last_hidden_state


def export(fixture, model, inputs):
    """The ONNX model, before the fixture's form is applied."""
    if fixture.form == "float16":
        model = copy.deepcopy(model).half()
    module = Wrapper(model, fixture.wrapper, fixture.pooler).eval() if fixture.wrapper else model
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = Path(folder) / "model.onnx"
        (by_dynamo if fixture.exporter == "dynamo" else by_torchscript)(fixture, module, inputs, str(file))
        return without_machine(onnx.load(file))


def outputs_of(fixture):
    return ["last_hidden_state", *(["pooler_output"] if fixture.pooler else [])]


def by_torchscript(fixture, module, inputs, file):
    """As optimum calls it: keyword inputs, dynamic axes, constant folding."""
    names = outputs_of(fixture)
    axes = {name: AXES for name in [*inputs, "last_hidden_state"]} | {"pooler_output": {0: "batch_size"}}
    torch.onnx.export(
        module,
        (inputs,),
        file,
        input_names=list(inputs),
        output_names=names,
        dynamic_axes={name: axes[name] for name in [*inputs, *names]},
        do_constant_folding=True,
        opset_version=fixture.opset,
        dynamo=False,
    )


def by_dynamo(fixture, module, inputs, file):
    dims = {axis: torch.export.Dim(name) if fixture.named_axes else torch.export.Dim.DYNAMIC for axis, name in AXES.items()}
    shapes = {name: dims for name in inputs}
    torch.onnx.export(
        module,
        (),
        file,
        kwargs=inputs,
        input_names=list(inputs),
        output_names=outputs_of(fixture),
        dynamic_shapes=shapes,
        opset_version=fixture.opset,
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def without_machine(model):
    """Without file paths of the machine, which the dynamo exporter writes into metadata."""
    holders = [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer]
    for holder in [*holders, *model.graph.input, *model.graph.output]:
        kept = [entry for entry in holder.metadata_props if entry.key not in MACHINE]
        del holder.metadata_props[:]
        holder.metadata_props.extend(kept)
    assert b"site-packages" not in model.SerializeToString()
    return model


def save(fixture, model, folder):
    """Writes folder/model.onnx (and model.onnx_data) in the fixture's form."""
    folder.mkdir(parents=True)
    file = folder / "model.onnx"
    if fixture.form == "float16-converted":  # as transformers.js's conversion script
        model = convert_float_to_float16(model, keep_io_types=True, disable_shape_infer=True)
    onnx.save_model(model, file)
    if fixture.form == "external-data":
        onnx.save_model(model, file, save_as_external_data=True, location="model.onnx_data", size_threshold=1024)
    if fixture.form == "quantised":
        quantize_dynamic(file, file, weight_type=QuantType.QUInt8)
    onnx.checker.check_model(str(file))


def run(file, inputs):
    """last_hidden_state by ONNX Runtime, in float64."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    feeds = {name: value.numpy() for name, value in inputs.items()}
    return session.run(["last_hidden_state"], feeds)[0].astype(numpy.float64)


def initializers_of(file):
    return {item.name: onnx.numpy_helper.to_array(item) for item in onnx.load(file).graph.initializer}
