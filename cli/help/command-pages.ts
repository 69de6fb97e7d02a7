import { keysUsage } from "../keys-usage.ts";
import { planUsage } from "../plan-flags.ts";
import { searchUsage } from "../search-flags.ts";

/** The help of each command. Those with options of their own keep it beside them. */
export const commandPages: Readonly<Record<string, string>> = {
  serve: `halfgig serve: the whole service on this machine, until Ctrl-C

  halfgig serve                           the API on port 8765, with the model whisper-tiny
  halfgig serve --model demo --port 80    another model, another port
  halfgig serve --memory 512              host and functions together inside 512 MB

It prints the address of the API and an access token. Jobs that were running go on at the next
start, also after a power cut. The API is described at /docs and in /openapi.json; OpenAI's clients
work with the base URL http://127.0.0.1:8765/v1 and the token as their key.

      --model <name>    speech model                                     (default: WHISPER_MODEL)
      --memory <MB>     one limit for host and functions together        (default: none)
      --data <dir>      data directory                    (default: ~/.local/share/halfgig)
      --port <n>        port of the HTTP API; 0 is any free one          (default: 8765)
      --s3-port <n>     port of the S3 API                               (default: 8766)
      --host <address>  address to listen on; 0.0.0.0 is every one       (default: HALFGIG_ADDRESS)
Settings come from the environment: halfgig settings shows them.
`,
  demo: `halfgig demo: the bundled video through the whole system, with the bundled demo model

  halfgig demo            the transcript, the coverage ledger, and what each function took
  halfgig demo --fresh    everything anew: models, bundles, transcript

      --fresh           forget what earlier runs have left
      --data <dir>      data directory                                   (default: .halfgig/demo)
The demo model knows 392 words. It is there to try the system without a network.
`,
  models: `halfgig models: the models that are known, and those that are on this machine

  halfgig models                                what there is; --json for programs
  halfgig models pull whisper-base              fetch from the model hub; goes on where it was cut
  halfgig models pull openai/whisper-medium     any Whisper: owner/name[@revision]
  halfgig models build whisper-base             build its graphs now, instead of at first use
  halfgig models verify                         read every file again, and compare
  halfgig models rm whisper-base                delete it; with --builds its graphs alone

      --precision <p>   build: int8 or fp32                     (default: USE_INT8_QUANTIZATION)
      --update          pull: replace what is locked by what is published now
      --builds          rm: the graphs alone
      --json            list: everything as JSON
      --data <dir>      data directory                    (default: ~/.local/share/halfgig)
`,
  settings: `halfgig settings: the environment variables that halfgig reads, and what it understood

  halfgig settings                            a table: variable, value, meaning
  halfgig settings --json                     the same for programs
  WHISPER_MODEL=demo halfgig settings         what a value is taken for
Secrets are never printed.
`,
  credentials: `halfgig credentials: keys and addresses for AWS tools, for the service that runs here

  eval "$(halfgig credentials)"               sets them in this shell
  aws s3 cp talk.mp4 s3://halfgig-uploads/inbox/
  halfgig credentials --json                  the same for programs

      --data <dir>      data directory of the service     (default: ~/.local/share/halfgig)
`,
  doctor: `halfgig doctor: checks this machine, and says what to do

  halfgig doctor            Node, memory limits, ffmpeg, models, yt-dlp, ports, disk, clock
  halfgig doctor --json     the same for programs
Exit status 1 where something must be put right before halfgig works.

      --data <dir>      data directory                    (default: ~/.local/share/halfgig)
`,
  completion: `halfgig completion: what the shell completes after halfgig

  source <(halfgig completion bash)                              in ~/.bashrc
  source <(halfgig completion zsh)                               in ~/.zshrc, after compinit
  halfgig completion fish > ~/.config/fish/completions/halfgig.fish
`,
  keys: keysUsage,
  plan: planUsage,
  search: searchUsage,
  ask: searchUsage,
  reindex: searchUsage,
};
