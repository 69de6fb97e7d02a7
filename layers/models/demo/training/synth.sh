#!/bin/sh
# Synthesizes the training utterances into data/ (about 10 minutes on 2 cores). PYTHON names the interpreter with torch and scipy.
set -e
P=${PYTHON:-python3}; mkdir -p data log; export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
( $P synth.py dig_es dig es 3000 113; $P synth.py dig_de dig de 3000 112; $P synth.py gram_en gram en 4000 115; $P synth.py gram_de gram de 2000 116
  $P synth.py pico_de pico de 3000 212; $P synth.py pico_es pico es 3000 213; $P synth.py ked_en ked en 800 216 ) > log/synth1.txt 2>&1 &
( $P synth.py dig_fr dig fr 3000 114; $P synth.py dig_en dig en 3000 111; $P synth.py gram_es gram es 2000 118; $P synth.py gram_fr gram fr 2000 119
  $P synth.py fl_en fl en 1500 17; $P synth.py pico_en pico en 4000 211; $P synth.py pico_fr pico fr 3000 214; $P music.py ) > log/synth2.txt 2>&1 &
wait
