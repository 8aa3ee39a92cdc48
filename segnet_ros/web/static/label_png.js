// Class ids of a label PNG, exactly: a canvas may change colors, by color management or to protect from being recognized.

const HEAD = 8;

/**
 * Decode a gray PNG of 8 bits, as the server sends them.
 *
 * @param {Uint8Array} bytes the file
 * @returns {Promise<{width: number, height: number, ids: Uint8Array}>} ids row by row
 */
export async function readLabelPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = view.getUint32(HEAD + 8);
  const height = view.getUint32(HEAD + 12);
  const compressed = new Blob(listPixelChunks(bytes, view));
  const stream = compressed.stream().pipeThrough(new DecompressionStream('deflate'));
  const rows = new Uint8Array(await new Response(stream).arrayBuffer());
  return { width, height, ids: undoFilters(rows, width, height) };
}

function listPixelChunks(bytes, view) {
  const chunks = [];
  for (let position = HEAD; position < bytes.length;) {
    const length = view.getUint32(position);
    const name = String.fromCharCode(...bytes.subarray(position + 4, position + 8));
    if (name === 'IDAT') chunks.push(bytes.subarray(position + 8, position + 8 + length));
    position += 12 + length;
  }
  return chunks;
}

/** Add to each byte what its row's filter predicts of it from those to the left and above. */
function undoFilters(rows, width, height) {
  const ids = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = y * (width + 1);
    const predict = PREDICTORS[rows[from]];
    const to = y * width;
    for (let x = 0; x < width; x++) {
      const left = x ? ids[to + x - 1] : 0;
      const above = y ? ids[to + x - width] : 0;
      const corner = x && y ? ids[to + x - width - 1] : 0;
      ids[to + x] = rows[from + 1 + x] + predict(left, above, corner);
    }
  }
  return ids;
}

const PREDICTORS = [
  () => 0,
  (left) => left,
  (left, above) => above,
  (left, above) => (left + above) >> 1,
  (left, above, corner) => {
    const base = left + above - corner;
    const [toLeft, toAbove, toCorner] = [left, above, corner].map((value) => Math.abs(base - value));
    if (toLeft <= toAbove && toLeft <= toCorner) return left;
    return toAbove <= toCorner ? above : corner;
  },
];
