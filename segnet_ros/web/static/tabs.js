// Tabs by mouse and keyboard.

/**
 * Let one of several panels be seen.
 *
 * @param {HTMLElement} list of the tabs
 * @param {() => void} changed called when another can be seen
 * @returns {(tab: HTMLElement) => void} lets the panel of a tab be seen
 */
export function connectTabs(list, changed) {
  const tabs = [...list.querySelectorAll('[role=tab]')];

  function choose(chosen) {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute('aria-selected', isChosen);
      tab.tabIndex = isChosen ? 0 : -1;
      document.getElementById(tab.getAttribute('aria-controls')).hidden = !isChosen;
    }
    changed();
  }

  list.addEventListener('click', ({ target }) => {
    if (tabs.includes(target)) choose(target);
  });
  list.addEventListener('keydown', (event) => {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    const next = (tabs.indexOf(document.activeElement) + steps[event.key] + tabs.length) % tabs.length;
    tabs[next].focus();
    choose(tabs[next]);
  });
  return choose;
}
