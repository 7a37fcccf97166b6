#!/bin/bash
#SBATCH --job-name=embed
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
# Slurm says which part a task is and how many there are; the same line goes on where a task was stopped.
# Afterwards: npx embtune embed --merge vectors.*.npy --out vectors.npy
npx embtune embed texts.txt --model model --shard auto --threads "$SLURM_CPUS_PER_TASK" --out "vectors.$SLURM_ARRAY_TASK_ID.npy"
