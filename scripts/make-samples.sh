#!/usr/bin/env bash
# Makes samples/digits.mp4 and samples/digits.de.ogg: espeak-ng speech with ffmpeg's test picture. Both programs must be
# on the PATH (Debian: apt-get install espeak-ng ffmpeg). The voices are variants the demo model was not trained on.
set -euo pipefail
cd "$(dirname "$0")/../samples"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

say() { espeak-ng -v "$1" -s "$2" -p "$3" -w "$work/$4.wav" "$5"; }
say en-us+f4 145 50 1 "one two three"
say en-us+f4 145 50 2 "four five six"
say en-us+f4 145 50 3 "seven eight nine"
say de+m7 140 45 4 "eins zwei drei"
say de+m7 140 45 5 "vier fünf sechs"

# Each utterance, then silence; two seconds of surging noise make the ledger's "other".
ffmpeg -v error -y -i "$work/1.wav" -i "$work/2.wav" -i "$work/3.wav" -filter_complex "
  aevalsrc=0:d=0.8:s=16000[a]; [0]aresample=16000[s1]; aevalsrc=0:d=1.4:s=16000[b]; [1]aresample=16000[s2];
  aevalsrc=0:d=1.2:s=16000[c]; anoisesrc=d=2:c=pink:r=16000:a=0.4:seed=7,tremolo=f=3:d=0.9[surge]; aevalsrc=0:d=3:s=16000[d]; [2]aresample=16000[s3];
  aevalsrc=0:d=1.5:s=16000[e]; [a][s1][b][s2][c][surge][d][s3][e]concat=n=9:v=0:a=1,apad=whole_dur=15" -ac 1 "$work/digits.wav"
duration=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$work/digits.wav")
ffmpeg -v error -y -f lavfi -i "testsrc=size=320x180:rate=5:duration=$duration" -i "$work/digits.wav" \
  -c:v libx264 -preset veryslow -crf 32 -pix_fmt yuv420p -c:a aac -b:a 48k -fflags +bitexact -map_metadata -1 digits.mp4

ffmpeg -v error -y -i "$work/4.wav" -i "$work/5.wav" -filter_complex "
  aevalsrc=0:d=0.5:s=16000[a]; [0]aresample=16000[s1]; aevalsrc=0:d=1.2:s=16000[b]; [1]aresample=16000[s2];
  aevalsrc=0:d=0.8:s=16000[c]; [a][s1][b][s2][c]concat=n=5:v=0:a=1" -ac 1 -c:a libopus -b:a 24k -fflags +bitexact \
  -map_metadata -1 digits.de.ogg
