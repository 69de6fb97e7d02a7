/** The one clock of a job's view: the media element where there is one, else a mark that can be moved. Times are milliseconds. */
export class Playback {
  #element: HTMLMediaElement | undefined;
  #frame = 0;
  #atMs = 0;
  /** Where to begin once the file can be played. */
  #pendingMs: number | undefined;
  readonly #listeners = new Set<(atMs: number) => void>();

  get atMs(): number {
    return this.#element && this.#pendingMs === undefined ? this.#element.currentTime * 1000 : this.#atMs;
  }

  get isPlaying(): boolean {
    return this.#element !== undefined && !this.#element.paused;
  }

  /** @returns lets go of the element */
  attach(element: HTMLMediaElement): () => void {
    this.#element = element;
    if (this.#atMs > 0) this.#pendingMs = this.#atMs;
    const moved = () => this.#tell(element.currentTime * 1000);
    const ready = () => {
      if (this.#pendingMs !== undefined) element.currentTime = this.#pendingMs / 1000;
      this.#pendingMs = undefined;
    };
    const tick = () => {
      moved();
      this.#frame = element.paused ? 0 : requestAnimationFrame(tick);
    };
    const started = () => {
      cancelAnimationFrame(this.#frame);
      tick();
    };
    element.addEventListener("timeupdate", moved);
    element.addEventListener("seeking", moved);
    element.addEventListener("loadedmetadata", ready);
    element.addEventListener("play", started);
    if (element.readyState >= 1) ready();
    return () => {
      cancelAnimationFrame(this.#frame);
      element.removeEventListener("timeupdate", moved);
      element.removeEventListener("seeking", moved);
      element.removeEventListener("loadedmetadata", ready);
      element.removeEventListener("play", started);
      if (this.#element === element) this.#element = undefined;
    };
  }

  /** The element is about to get another source: it is to go on where it is. */
  keepPlace(): void {
    this.#atMs = this.atMs;
    this.#pendingMs = this.#atMs;
  }

  seek(atMs: number): void {
    // Rounding must not end a hair before the word that was chosen.
    const target = atMs + 1;
    if (this.#element && this.#element.readyState >= 1) this.#element.currentTime = target / 1000;
    else if (this.#element) this.#pendingMs = target;
    this.#tell(target);
  }

  playFrom(atMs: number): void {
    this.seek(atMs);
    // A browser may refuse to play before it was clicked; the place is right all the same.
    this.#element?.play().catch(() => undefined);
  }

  onTime(listener: (atMs: number) => void): () => void {
    this.#listeners.add(listener);
    listener(this.atMs);
    return () => this.#listeners.delete(listener);
  }

  #tell(atMs: number): void {
    this.#atMs = atMs;
    for (const listener of this.#listeners) listener(atMs);
  }
}
