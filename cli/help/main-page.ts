/** What `halfgig --help` prints: fits a screen, and teaches by example. */
export const mainPage = `halfgig: transcripts from audio and video inside a fixed memory allocation

  halfgig talk.mp4                          subtitles (SRT) on stdout, progress on stderr
  halfgig "talks/*.mp3" -f all -o results   json, srt, vtt, txt and tsv files of each
  halfgig https://example.org/talk.mp3      what is at an address, published captions first
  halfgig - --json < talk.mp4               what comes on stdin; everything about it as JSON
  halfgig --watch inbox -o results          each new file in a folder, until Ctrl-C

  -f, --format <list>    json, srt, vtt, txt, tsv or all, with commas between       (default: srt)
  -o, --output <dir>     write <name>.<format> files there, instead of printing
      --json             one line of JSON for each file: its job, its result, where it was written
      --model <name>     speech model; "demo" comes with halfgig            (default: WHISPER_MODEL)
      --language <code>  the language that is spoken, such as en                 (default: detected)
      --words            times for every word
      --memory <MB>      memory allocation of the function that runs the model      (default: 512)
      --data <dir>       data directory                            (default: ~/.local/share/halfgig)
      --fresh            do not reuse an earlier result of the same file
More: halfgig help recognition, voices, addresses, subtitles, watch. Whisper's own names work too.

  serve      the whole service on this machine        demo         try it: a bundled video and model
  models     fetch, build, verify and delete models   plan         memory, time and cost of a file
  search     what was said, and where; ask, reindex   settings     environment variables
  keys       keys of the API                          credentials  for AWS CLI and rclone
  doctor     checks this machine                      completion   for bash, zsh and fish
  Each has its own --help. Exit status: 0 all done, 1 failed, 2 usage, 3 partial (see the ledger).
`;
