// Brings the parts of the page together.

import { connectFiles } from './files.js';
import { LiveView } from './live.js';
import { fetchSetup } from './server.js';
import { connectTabs } from './tabs.js';
import { UploadView } from './upload.js';

connectUpload(connectLive());

/** Connect the tabs, of which one is live; returns what shows a tab. */
function connectLive() {
  const panel = document.getElementById('live-panel');
  const live = new LiveView(document.getElementById('live-image'), document.getElementById('live-status'));
  const follow = () => live.setWatched(!panel.hidden && !document.hidden);
  document.addEventListener('visibilitychange', follow);
  return connectTabs(document.querySelector('[role=tablist]'), follow);
}

async function connectUpload(showTab) {
  const network = document.getElementById('network');
  try {
    const setup = await fetchSetup();
    const view = new UploadView(setup);
    connectFiles(document.getElementById('file'), (file) => {
      showTab(document.getElementById('upload-tab'));
      view.label(file);
    });
    network.textContent =
      `${setup.classes.length} classes (${setup.label_set}), computed on ${setup.device} in ${setup.precision}`;
  } catch (error) {
    network.textContent = error.message;
  }
}
