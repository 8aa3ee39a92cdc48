// The images of a video: kept as they come, shown one at a time.

/** Shows the newest image while they come, and any once somebody has chosen it. */
export class Player {
  /**
   * @param {{box: HTMLElement, play: HTMLButtonElement, scrubber: HTMLInputElement, position: HTMLOutputElement}} parts
   * @param {(image: object) => Promise<void>} show draws an image
   */
  constructor(parts, show) {
    this.parts = parts;
    this.show = show;
    this.clear();
    parts.scrubber.addEventListener('input', () => {
      this.stop();
      this.isFollowing = false;
      this.goTo(Number(parts.scrubber.value));
    });
    parts.play.addEventListener('click', () => (this.isPlaying ? this.stop() : this.start()));
  }

  /**
   * Forget all images.
   *
   * @param {number} rate of those to come, per second; 0 for a picture
   */
  clear(rate = 0) {
    this.stop();
    this.images = [];
    this.rate = rate;
    this.index = 0;
    this.isFollowing = true;
    this.parts.box.hidden = rate === 0;
  }

  /** Take an image; resolves when it is drawn, if it is to be. */
  async add(image) {
    this.images.push(image);
    this.parts.scrubber.max = this.images.length - 1;
    if (this.isFollowing) await this.goTo(this.images.length - 1);
    else this.tell();
  }

  /** Show an image; of several that are asked for while one is drawn, the last. */
  async goTo(index) {
    this.index = index;
    this.tell();
    if (this.drawing) return this.drawing;
    this.drawing = this.draw();
    await this.drawing;
  }

  async draw() {
    try {
      for (let drawn = null; this.images[this.index] && this.images[this.index] !== drawn;) {
        drawn = this.images[this.index];
        await this.show(drawn);
      }
    } finally {
      this.drawing = null;
    }
  }

  /** Play from here, or from the start if this is the end. */
  start() {
    this.isPlaying = true;
    this.isFollowing = false;
    this.parts.play.textContent = 'Pause';
    const first = this.index < this.images.length - 1 ? this.index : 0;
    const startMs = performance.now();
    const step = async () => {
      if (!this.isPlaying) return;
      const index = first + Math.floor(((performance.now() - startMs) / 1000) * this.rate);
      await this.goTo(Math.min(index, this.images.length - 1));
      if (index >= this.images.length - 1) this.stop();
      else requestAnimationFrame(step);
    };
    step();
  }

  stop() {
    this.isPlaying = false;
    this.parts.play.textContent = 'Play';
  }

  tell() {
    const { scrubber, position } = this.parts;
    const text = `${this.index + 1} / ${this.images.length}`;
    scrubber.value = this.index;
    scrubber.setAttribute('aria-valuetext', `Image ${text}`);
    position.textContent = text;
  }
}
