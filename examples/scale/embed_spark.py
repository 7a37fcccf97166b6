"""Embeds a file of texts, one a line, on Spark: spark-submit embed_spark.py texts.txt FOLDER vectors.parquet

pip install pyspark pandas pyarrow onnxruntime tokenizers numpy on all workers. FOLDER: embtune export MODEL --format fastembed --to FOLDER, on a
path that all workers read.
"""

import sys
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession


def main(texts, model, out):
    spark = SparkSession.builder.appName("embed").getOrCreate()
    spark.sparkContext.addPyFile(str(Path(__file__).with_name("onnx_encoder.py")))
    # Arrow cuts a partition into frames of so many rows.
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "1024")

    def embed(frames):
        from onnx_encoder import OnnxEncoder

        encode = OnnxEncoder(model)
        for frame in frames:
            yield pd.DataFrame({"text": frame["value"], "embedding": list(encode(frame["value"]))})

    lines = spark.read.text(texts)
    # A small file is one partition, which one core would embed alone.
    parts = lines.repartition(max(lines.rdd.getNumPartitions(), spark.sparkContext.defaultParallelism))
    parts.mapInPandas(embed, "text string, embedding array<float>").write.parquet(out)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
