#!/bin/sh
# Synthesizes the training utterances into data/ (about 7 minutes on 2 cores). PYTHON names the interpreter with torch and scipy.
set -e
P=${PYTHON:-python3}; mkdir -p data log; export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
( $P synth.py dig_en dig en 3500 11; $P synth.py dig_de dig de 2500 12; $P synth.py gram_en gram en 7000 15; $P synth.py gram_de gram de 2500 16 ) > log/synth1.txt 2>&1 &
( $P synth.py dig_es dig es 2500 13; $P synth.py dig_fr dig fr 2500 14; $P synth.py fl_en fl en 2000 17;  $P synth.py gram_es gram es 2500 18;  $P synth.py gram_fr gram fr 2500 19 ) > log/synth2.txt 2>&1 &
wait
