// Uploads: from a file to what is seen of its labels.

import { Legend } from './legend.js';
import { Player } from './player.js';
import { segment, toBytes } from './server.js';
import { Stage } from './stage.js';

const IDS = [
  'cancel', 'classes', 'download', 'error', 'limits', 'opacity', 'opacity-value', 'play', 'player', 'position',
  'progress', 'result', 'scrubber', 'show-all', 'show-none', 'stage', 'status', 'work',
];

/** Labels one file at a time; another one takes its place. */
export class UploadView {
  /** @param {object} setup as the server tells it: classes and limits */
  constructor(setup) {
    this.limits = setup.limits;
    this.parts = Object.fromEntries(IDS.map((id) => [id, document.getElementById(id)]));
    const { classes, stage, player, play, scrubber, position } = this.parts;
    this.stage = new Stage(stage, setup.classes);
    this.legend = new Legend(classes, setup.classes, () => this.stage.paint(this.legend.shown));
    this.player = new Player({ box: player, play, scrubber, position }, (image) => this.show(image));
    this.abort = null;
    this.parts.limits.textContent = describeLimits(this.limits);
    this.connect();
  }

  connect() {
    const { cancel, opacity, 'opacity-value': value, 'show-all': all, 'show-none': none } = this.parts;
    const follow = () => {
      this.stage.setOpacity(opacity.value / 100);
      value.textContent = `${opacity.value} %`;
    };
    opacity.addEventListener('input', follow);
    follow(); // a browser may remember another value
    all.addEventListener('click', () => this.legend.setAll(true));
    none.addEventListener('click', () => this.legend.setAll(false));
    cancel.addEventListener('click', () => this.abort?.abort());
  }

  /** Have a file labeled, and show what comes. */
  async label(file) {
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    this.begin(file);
    let text = '';
    let error = '';
    try {
      this.check(file);
      await segment(file, abort.signal, (record) => this.receive(record, abort.signal));
      text = this.describeEnd();
    } catch (failure) {
      if (abort.signal.aborted) text = 'Canceled.';
      else error = failure.message;
    }
    if (this.abort === abort) this.end(text, error);
  }

  /** Refuse what the server would, without sending it. */
  check({ type, size }) {
    const most = type.startsWith('image/') ? this.limits.picture_bytes : this.limits.video_bytes;
    if (size > most) {
      throw new Error(`Expected a file of up to ${toMegabytes(most)}, found ${toMegabytes(size)}: shrink or cut it.`);
    }
  }

  begin(file) {
    this.name = file.name;
    this.note = '';
    this.player.clear();
    this.parts.result.hidden = true;
    this.tell(`Labeling ${file.name} …`, '');
    this.parts.progress.removeAttribute('value');
    this.parts.work.hidden = false;
    document.body.classList.add('compact');
  }

  async receive(record, signal) {
    if (record.kind === 'start') {
      this.count = record.count;
      this.player.clear(record.rate);
    } else if (record.kind === 'image') {
      const picture = new Blob([toBytes(record.picture)], { type: 'image/jpeg' });
      await this.player.add({ picture, label: toBytes(record.label) });
      if (signal.aborted) return;
      this.parts.result.hidden = false;
      if (this.count > 1) this.parts.progress.value = this.player.images.length / this.count;
    } else {
      this.note = record.note;
    }
  }

  end(text, error) {
    this.parts.work.hidden = true;
    document.body.classList.toggle('compact', !this.parts.result.hidden);
    this.tell(text, error);
  }

  /** Draw an image, and what follows from its labels. */
  async show(image) {
    const shares = await this.stage.show(image, this.legend.shown);
    this.legend.setShares(shares);
    this.summary = this.legend.summarize(shares);
    this.stage.describe(`${this.name}, with the colors of its classes: ${this.summary}`);
    this.offerDownload(image.label);
  }

  /** Offer the label image as the server has sent it. */
  offerDownload(label) {
    const { download } = this.parts;
    if (download.href.startsWith('blob:')) URL.revokeObjectURL(download.href);
    download.href = URL.createObjectURL(new Blob([label], { type: 'image/png' }));
    const stem = this.name.replace(/\.[^.]*$/, '');
    const number = this.player.rate ? `_${String(this.player.index).padStart(4, '0')}` : '';
    download.download = `${stem}${number}_label.png`;
  }

  describeEnd() {
    const number = this.player.images.length;
    if (!this.player.rate) return `${this.name}: ${this.summary}.`;
    return `${this.name}: ${number} images labeled${this.note ? `; ${this.note}` : ''}.`;
  }

  tell(text, error) {
    this.parts.status.textContent = text;
    this.parts.error.textContent = error;
    this.parts.error.hidden = !error;
  }
}

function describeLimits(limits) {
  return (
    `JPEG, PNG, WebP up to ${toMegabytes(limits.picture_bytes)} and ${limits.picture_pixels / 1e6} megapixels; ` +
    `MP4, MOV, WebM, MKV, AVI up to ${toMegabytes(limits.video_bytes)} and ${limits.video_seconds} seconds`
  );
}

function toMegabytes(bytes) {
  return `${Math.round(bytes / 1e5) / 10} MB`;
}
