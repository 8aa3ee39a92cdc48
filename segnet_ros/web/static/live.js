// The newest overlay of a running node, as long as somebody looks.

import { fetchLive } from './server.js';

const RETRY_MS = 2000;

/** Asks for the next image when the last one is drawn, so that it is never behind. */
export class LiveView {
  /**
   * @param {HTMLImageElement} image where they are drawn
   * @param {HTMLElement} status where is told why there is none
   */
  constructor(image, status) {
    this.image = image;
    this.status = status;
    this.abort = null;
  }

  /** Look, or look away. */
  setWatched(isWatched) {
    if (isWatched === (this.abort !== null)) return;
    if (isWatched) {
      this.abort = new AbortController();
      this.tell('Waiting for an image …');
      this.watch(this.abort.signal);
    } else {
      this.abort.abort();
      this.abort = null;
    }
  }

  async watch(signal) {
    let sequence = '0';
    while (!signal.aborted) {
      try {
        const answer = await fetchLive(sequence, signal);
        if (answer.image) {
          sequence = answer.sequence;
          await this.draw(answer.image);
        } else {
          this.fail(answer.message);
          await sleep(RETRY_MS);
        }
      } catch {
        if (signal.aborted) return;
        this.fail('The server does not answer: is segnet_web still running?');
        await sleep(RETRY_MS);
      }
    }
  }

  async draw(blob) {
    const { image } = this;
    const old = image.src;
    image.src = URL.createObjectURL(blob);
    await image.decode();
    if (old) URL.revokeObjectURL(old);
    image.parentElement.hidden = false;
    image.parentElement.classList.remove('old');
    image.parentElement.style.setProperty('--ratio', image.naturalWidth / image.naturalHeight);
    this.tell('');
  }

  /** Let no image that is old pass for a new one. */
  fail(message) {
    this.image.parentElement.classList.add('old');
    this.tell(message);
  }

  tell(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
