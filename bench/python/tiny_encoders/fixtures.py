"""The table of fixtures."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fixture:
    """One folder of test/fixtures/encoders: which encoder, and how it became an ONNX file."""

    name: str
    architecture: str
    exporter: str  # torchscript (dynamo=False) or dynamo
    opset: int
    library: int  # major version of transformers that made the graph: 4 or 5
    attention: str = "eager"  # or sdpa
    pooling: str = "mean"  # or cls, lasttoken
    activation: str = "gelu"
    wrapper: str | None = None  # attribute under which a torch module of one's own holds the encoder
    pooler: bool = False  # with BERT's pooler and its second output
    named_axes: bool = True  # dynamo: False leaves names like s18, one for each input
    zero_biases: bool = False  # equal biases: the exporter keeps one and shares it
    form: str = "float32"  # or float16-converted, float16, external-data, quantised


def torchscript(name, library, opset, **options):
    if library == 5:
        options = {"wrapper": "model", **options}
    return Fixture(f"{name}-torchscript-{opset}", exporter="torchscript", library=library, opset=opset, **options)


def dynamo(name, library, opset, **options):
    return Fixture(f"{name}-dynamo-{opset}", exporter="dynamo", library=library, opset=opset, **options)


FIXTURES = [
    # As most files on the hub were made: transformers 4, TorchScript exporter, additive attention mask.
    torchscript("bert", 4, 11, architecture="bert"),
    torchscript("bert", 4, 14, architecture="bert", pooling="cls", wrapper="m"),
    torchscript("minilm", 4, 13, architecture="minilm"),
    torchscript("distilbert", 4, 11, architecture="distilbert", pooling="cls"),
    torchscript("distilbert", 4, 14, architecture="distilbert"),
    torchscript("roberta", 4, 17, architecture="roberta"),
    torchscript("xlm-r", 4, 15, architecture="xlm-r"),
    torchscript("mpnet", 4, 14, architecture="mpnet"),
    torchscript("electra", 4, 13, architecture="electra", pooling="cls"),
    torchscript("albert", 4, 12, architecture="albert", activation="gelu_new"),
    dynamo("mpnet", 4, 18, architecture="mpnet"),
    # transformers 5: boolean masks built from ranges. Its models cannot be traced with keyword inputs, hence the wrapper.
    torchscript("bert-relu", 5, 17, architecture="bert", activation="relu", wrapper="encoder"),
    torchscript("bert-pooler-sdpa", 5, 16, architecture="bert", attention="sdpa", pooler=True),
    torchscript("minilm-sdpa", 5, 20, architecture="minilm", attention="sdpa"),
    torchscript("xlm-r", 5, 18, architecture="xlm-r"),
    dynamo("bert", 5, 18, architecture="bert"),
    dynamo("bert-sdpa", 5, 20, architecture="bert", attention="sdpa"),
    dynamo("distilbert-sdpa", 5, 21, architecture="distilbert", attention="sdpa"),
    dynamo("roberta", 5, 19, architecture="roberta", pooling="lasttoken"),
    dynamo("mpnet", 5, 20, architecture="mpnet", named_axes=False),
    dynamo("electra", 5, 18, architecture="electra", named_axes=False),
    dynamo("xlm-r-sdpa", 5, 20, architecture="xlm-r", attention="sdpa", wrapper="model"),
    dynamo("albert", 5, 18, architecture="albert", activation="gelu_new"),
    # Variants of the file.
    torchscript("bert-shared-biases", 4, 14, architecture="bert", zero_biases=True),
    torchscript("bert-external-data", 4, 14, architecture="bert", form="external-data"),
    torchscript("bert-float16-converted", 4, 14, architecture="bert", form="float16-converted"),
    torchscript("bert-float16", 5, 17, architecture="bert", form="float16"),
    torchscript("bert-quantised", 4, 14, architecture="bert", form="quantised"),
]
