import { voiceModelNames } from "../../layers/core/index.ts";

/** What can be asked of a transcription, by topic. */
export const topicPages: Readonly<Record<string, string>> = {
  recognition: `halfgig help recognition: how text comes about

  halfgig talk.mp4 --language de --initial-prompt "Halfgig, Lambda" --words
  halfgig talk.mp4 --mode exact --condition-on-previous-text False

      --language <code>            the language that is spoken, such as en       (default: detected)
      --task <task>                transcribe, translate (to English), or language: find it out
      --mode <mode>                parallel: windows cut at silence; exact: the reference's loop
      --words                      times for every word
      --initial-prompt <text>      text that could have come before: names, spelling, style
      --carry-initial-prompt       exact: it stands before every window, not before the first alone
      --hotwords <text>            words to expect
      --beam-size <n>              hypotheses of the search      (default: 1 below one core, else 5)
      --best-of <n>                samples at each temperature above 0
      --patience <n>, --length-penalty <n>      of the beam search, as in the reference
      --temperature <list>         the fallback ladder, such as 0,0.2,0.4; one number: no fallback
      --compression-ratio-threshold, --logprob-threshold, --no-speech-threshold <n>    "none" is off
      --clip-timestamps <list>     exact: seconds from, to, from, …: what to transcribe
      --hallucination-silence <ms>              exact, with --words: skip silence by invented text
      --no-condition-on-previous-text           exact: each window without the text before it
      --multilingual               exact: the language is detected anew for every window
      --language-alternatives <n>  parallel: languages to try where the likeliest one is doubtful
      --transcript <file>          a transcript (srt, vtt, txt, json) is used; nothing is recognised
      --asr-provider <name>        local, openai or transcribe               (default: ASR_PROVIDER)
`,
  voices: `halfgig help voices: whether the voices are human or synthetic

  halfgig call.wav --tasks voice                           a verdict, and where
  halfgig call.wav --tasks transcribe,voice -o results     both; the evidence is in call.voice.json

      --tasks <list>            transcribe or translate, language, voice; with commas between
      --voice-model <name>      ${voiceModelNames.join(", ")}            (default: VOICE_MODEL)
      --voice-hop <ms>          speech from one judged window to the next        (default: a window)
      --voice-budget <share>    stop judging when a wrong stop is less likely than this, such as .01
      --operating-point <name>  recall misses few synthetic voices, precision accuses few people;
                                balanced is the default
`,
  addresses: `halfgig help addresses: media files on the web, and pages that yt-dlp can read

  halfgig https://example.org/talk.mp3
  halfgig https://example.org/watch?v=1 --captions require --caption-languages de,en

      --captions <policy>         prefer: published captions instead of recognition; require; ignore
                                                                                  (default: prefer)
      --caption-languages <list>  the most wanted first                    (default: what is spoken)
      --max-height <n>            tallest video where sound is not by itself   (default: MAX_HEIGHT)
`,
  subtitles: `halfgig help subtitles: how srt and vtt are laid out

  halfgig talk.mp4 --max-line-width 42 --max-line-count 2
  halfgig talk.mp4 -f vtt --highlight-words

      --max-line-width <n>      columns of a line; wide characters count as two
      --max-line-count <n>      lines of a cue, filled across segments; with --max-line-width
      --max-words-per-line <n>  words of a line
      --highlight-words         underline each word while it is spoken; implies --words
      --keep-doubtful           print also the lines that nobody is believed to have said; without
                                it they are in the JSON alone. In txt and tsv, too
`,
  watch: `halfgig help watch: a folder whose new files are transcribed

  halfgig --watch inbox -o results                    subtitles of each, until Ctrl-C
  halfgig --watch inbox -o results -f all --words     with every other option

A file is taken when it has stopped growing. What was done is remembered in the data directory, so
that another start does nothing twice; a file that changes is done again. Hidden files, unfinished
downloads and transcripts are passed over, and folders inside are not looked into.

  -o, --output <dir>     where the results go                           (default: the folder itself)
`,
};
