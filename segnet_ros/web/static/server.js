// What is asked of the server, and how its answers are read.

/** Ask for classes, limits and device. */
export async function fetchSetup() {
  const response = await ask('setup');
  return response.json();
}

/**
 * Send a file and hand over each record of the answer as it comes.
 *
 * @param {File} file picture or video
 * @param {AbortSignal} signal ends it early
 * @param {(record: object) => Promise<void>} receive called with start, image … and end, one after the other
 */
export async function segment(file, signal, receive) {
  const response = await ask('segment', { method: 'POST', body: file, signal });
  if (!response.ok) throw new Error(await readMessage(response));
  for await (const line of readLines(response.body)) {
    const record = JSON.parse(line);
    if (record.kind === 'error') throw new Error(record.message);
    await receive(record);
    if (record.kind === 'end') return;
  }
  throw new Error('The server ended before it was done. Look at its log, and try again.');
}

/**
 * Ask for the first live image after another.
 *
 * @param {string} after number of the last one, 0 for none
 * @param {AbortSignal} signal ends it early
 * @returns {Promise<{sequence: string, image: Blob} | {message: string}>}
 */
export async function fetchLive(after, signal) {
  const response = await ask(`live?after=${encodeURIComponent(after)}`, { signal });
  if (response.headers.get('content-type') !== 'image/jpeg') {
    return { message: await readMessage(response) };
  }
  return { sequence: response.headers.get('x-sequence'), image: await response.blob() };
}

/** Decode base64. */
export function toBytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Fetch, and say in words where there is no answer. */
function ask(url, options) {
  return fetch(url, options).catch(describeLoss);
}

function describeLoss(error) {
  if (error.name === 'AbortError') throw error;
  throw new Error('The connection to the server was lost: is segnet_web still running?');
}

async function readMessage(response) {
  const text = await response.text();
  try {
    return JSON.parse(text).message;
  } catch {
    return `The server answered ${response.status}: ${text.slice(0, 200)}`;
  }
}

async function* readLines(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let begun = '';
  for (;;) {
    const { done, value } = await reader.read().catch(describeLoss);
    if (done) return;
    const lines = value.split('\n');
    lines[0] = begun + lines[0];
    begun = lines.pop();
    yield* lines;
  }
}
