// Brings the parts of the page together.

import { connectFiles } from './files.js';
import { LiveView } from './live.js';
import { fetchSetup } from './server.js';
import { connectTabs } from './tabs.js';
import { UploadView } from './upload.js';

connectLive();
connectUpload();

function connectLive() {
  const panel = document.getElementById('live-panel');
  const live = new LiveView(document.getElementById('live-image'), document.getElementById('live-status'));
  const follow = () => live.setWatched(!panel.hidden && !document.hidden);
  connectTabs(document.querySelector('[role=tablist]'), follow);
  document.addEventListener('visibilitychange', follow);
}

async function connectUpload() {
  const network = document.getElementById('network');
  try {
    const setup = await fetchSetup();
    const view = new UploadView(setup);
    connectFiles(document.getElementById('file'), (file) => view.label(file));
    network.textContent =
      `${setup.classes.length} classes (${setup.label_set}), computed on ${setup.device} in ${setup.precision}`;
  } catch (error) {
    network.textContent = error.message;
  }
}
