// The picture, and the colors of its classes above it.

import { readLabelPng } from './label_png.js';

/** Shows one image with its label image; opacity and classes change without the server. */
export class Stage {
  /**
   * @param {HTMLElement} figure around the two canvases
   * @param {{color: number[]}[]} classes by class id
   */
  constructor(figure, classes) {
    this.figure = figure;
    [this.picture, this.colors] = figure.querySelectorAll('canvas');
    this.palette = new Uint32Array(256);
    classes.forEach(({ color: [red, green, blue] }, id) => {
      this.palette[id] = 0xff000000 | (blue << 16) | (green << 8) | red;
    });
    this.label = null;
  }

  /**
   * Show an image.
   *
   * @param {{picture: Blob, label: Uint8Array}} image JPEG and label PNG
   * @param {boolean[]} shown by class id
   * @returns {Promise<Float64Array>} share of each class, 0 to 1
   */
  async show({ picture, label }, shown) {
    const [bitmap, decoded] = await Promise.all([createImageBitmap(picture), readLabelPng(label)]);
    for (const canvas of [this.picture, this.colors]) {
      canvas.width = decoded.width;
      canvas.height = decoded.height;
    }
    this.figure.style.setProperty('--ratio', decoded.width / decoded.height);
    this.picture.getContext('2d').drawImage(bitmap, 0, 0);
    bitmap.close();
    this.label = decoded;
    this.paint(shown);
    return countShares(decoded.ids);
  }

  /** Paint the classes that are shown. */
  paint(shown) {
    if (!this.label) return;
    const palette = this.palette.map((color, id) => (shown[id] ? color : 0));
    const { width, height, ids } = this.label;
    const pixels = new Uint32Array(ids.length);
    for (let i = 0; i < ids.length; i++) pixels[i] = palette[ids[i]];
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
    this.colors.getContext('2d').putImageData(image, 0, 0);
  }

  /** @param {number} opacity of the colors, 0 to 1 */
  setOpacity(opacity) {
    this.figure.style.setProperty('--opacity', opacity);
  }

  /** @param {string} text for those who do not see it */
  describe(text) {
    this.figure.setAttribute('aria-label', text);
  }
}

function countShares(ids) {
  const counts = new Float64Array(256);
  for (const id of ids) counts[id] += 1;
  return counts.map((count) => count / ids.length);
}
