import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MediaError } from "../../core/index.ts";
import type { AddressGuard } from "../guard.ts";
import { GuardingProxy } from "../proxy.ts";
import { type SiteInfo, siteInfoSchema } from "./info.ts";
import { Program } from "./process.ts";
import { explainComplaint } from "./refusals.ts";

export type YtDlpOptions = {
  path: string;
  guard: AddressGuard;
  maxBytes: number;
  stallMs: number;
  maxHeight: number;
  /** How many entries of a playlist are listed. */
  entriesMax: number;
  /** How long one run may take. */
  timeoutMs: number;
  /** A cookie file in Netscape's format; the program gets a copy, because it writes to it. */
  cookiesPath?: string | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * Programs that yt-dlp hands a site's address to where they are installed, whatever downloader it is told to use. They know of no proxy
 * and would open addresses that nobody has checked; found first, these in their place only fail.
 */
const unguarded = ["mplayer", "mpv", "rtmpdump", "phantomjs"];

/** Metadata of one video with a hundred caption languages has a megabyte. */
const infoCharsMax = 16 * 1_048_576;

/**
 * yt-dlp as a program for reading sites. It runs with an environment of its own, without configuration, cache, plugins or other
 * programs for downloading, and everything that it asks for goes through a proxy that guards addresses.
 */
export class YtDlp implements AsyncDisposable {
  readonly #options: YtDlpOptions;
  readonly #proxy: GuardingProxy;
  readonly #directory: string;
  readonly #cookies: string[];

  private constructor(options: YtDlpOptions, proxy: GuardingProxy, directory: string, cookies: string[]) {
    this.#options = options;
    this.#proxy = proxy;
    this.#directory = directory;
    this.#cookies = cookies;
  }

  static async open(options: YtDlpOptions): Promise<YtDlp> {
    const directory = await mkdtemp(join(tmpdir(), "yt-dlp-"));
    try {
      await mkdir(join(directory, "bin"));
      for (const name of unguarded) {
        await writeFile(join(directory, "bin", name), "#!/bin/sh\nexit 1\n", { mode: 0o700 });
      }
      const cookies: string[] = [];
      if (options.cookiesPath) {
        const copy = join(directory, "cookies.txt");
        await copyFile(options.cookiesPath, copy).catch((cause) => {
          throw new MediaError("config.invalid", "The file that YT_DLP_COOKIES names cannot be read.", { cause });
        });
        cookies.push("--cookies", copy);
      }
      return new YtDlp(options, await GuardingProxy.start(options), directory, cookies);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * What a page offers; its format is chosen already.
   * @throws MediaError `source.blocked`, `source.private`, `source.live`, `source.not_found`, `source.not_media`,
   *   `source.forbidden_address`, `source.forbidden_url`, `source.too_slow`, `source.too_large`, `source.unavailable`
   */
  async info(address: string): Promise<SiteInfo> {
    await using program = this.#run([...this.#formats(), "-J", "--flat-playlist", "-I", this.#entries()], address);
    let text = "";
    for await (const chunk of program.stdout.setEncoding("utf8")) {
      text += chunk;
      if (text.length > infoCharsMax)
        throw new MediaError("source.too_large", "The page describes too much to be read.");
    }
    const status = await program.exit;
    // With an error yt-dlp may still print "null".
    if (status !== 0 || text.trim() === "" || text.trim() === "null") throw this.#explain(program);
    try {
      return siteInfoSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new MediaError("source.unavailable", "yt-dlp said something that cannot be read. Bring it up to date.", {
        cause,
      });
    }
  }

  /** The media itself, for formats that are not one plain file: yt-dlp puts the pieces together. */
  async *media(address: string, formatId: string): AsyncGenerator<Buffer> {
    const args = [
      "-f",
      formatId,
      "-o",
      "-",
      "--no-part",
      "--fragment-retries",
      "3",
      "--abort-on-unavailable-fragments",
    ];
    await using program = this.#run([...args, "--hls-use-mpegts", "-I", "1:1"], address);
    let size = 0;
    for await (const chunk of program.stdout) {
      size += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    if ((await program.exit) !== 0 || size === 0) throw this.#explain(program);
  }

  #formats(): string[] {
    const height = this.#options.maxHeight;
    const plain = "[protocol^=http][protocol!*=dash]";
    // Sound alone, in one file if there is one; of equals the one nearest to what speech needs.
    return ["-f", `ba${plain}/ba/b[height<=?${height}]${plain}/b[height<=?${height}]/w`, "-S", "abr~96"];
  }

  #entries(): string {
    return `1:${this.#options.entriesMax + 1}`;
  }

  #run(args: readonly string[], address: string): Program {
    const { path, stallMs, timeoutMs, signal } = this.#options;
    const seconds = String(Math.max(1, Math.ceil(stallMs / 1000)));
    const closed = [
      "--ignore-config",
      "--no-cache-dir",
      "--no-playlist",
      "--no-mtime",
      "--no-progress",
      "--no-warnings",
    ];
    const tries = ["--socket-timeout", seconds, "--retries", "2", "--extractor-retries", "1"];
    const alone = ["--ffmpeg-location", join(this.#directory, "none"), "--downloader", "native"];
    return new Program([path, ...closed, ...tries, ...alone, ...this.#cookies, ...args, "--", address], {
      directory: this.#directory,
      timeoutMs,
      signal,
      environment: {
        PATH: `${join(this.#directory, "bin")}:/opt/bin:/usr/local/bin:/usr/bin:/bin`,
        LANG: "C.UTF-8",
        HOME: this.#directory,
        XDG_CONFIG_HOME: this.#directory,
        // The host finds by this what a killed function has left behind.
        TMPDIR: tmpdir(),
        PYTHONDONTWRITEBYTECODE: "1",
        PYTHONNOUSERSITE: "1",
        YTDLP_NO_PLUGINS: "1",
        // In the environment and not in an argument, which every user of the machine can list.
        http_proxy: this.#proxy.url,
        https_proxy: this.#proxy.url,
        all_proxy: this.#proxy.url,
      },
    });
  }

  #explain(program: Program): MediaError {
    this.#options.signal?.throwIfAborted();
    // What the guard refused is the reason, whatever the program made of it.
    const [refusal] = this.#proxy.refusals;
    if (refusal) return refusal;
    if (program.timedOut) {
      return new MediaError(
        "source.too_slow",
        `The site was not read within ${this.#options.timeoutMs / 1000} s. Try again later, or upload the file.`,
      );
    }
    return explainComplaint(program.complaints);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy[Symbol.asyncDispose]();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
