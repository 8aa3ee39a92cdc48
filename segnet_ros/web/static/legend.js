// The classes with their color, share and switch.

/** Lists the classes; tells when one is switched. */
export class Legend {
  /**
   * @param {HTMLUListElement} list to fill
   * @param {{name: string, color: number[]}[]} classes by class id
   * @param {() => void} changed called when another set of classes is shown
   */
  constructor(list, classes, changed) {
    this.changed = changed;
    this.classes = classes;
    this.rows = classes.map(makeRow);
    list.replaceChildren(...this.rows.map(({ item }) => item));
    list.addEventListener('change', changed);
  }

  /** Whether each class is shown, by class id. */
  get shown() {
    return this.rows.map(({ box }) => box.checked);
  }

  /** Show all classes, or none. */
  setAll(isShown) {
    for (const { box } of this.rows) box.checked = isShown;
    this.changed();
  }

  /** @param {Float64Array} shares by class id, 0 to 1 */
  setShares(shares) {
    this.rows.forEach(({ item, bar, number }, id) => {
      item.classList.toggle('absent', shares[id] === 0);
      bar.style.width = `${100 * shares[id]}%`;
      number.textContent = formatShare(shares[id]);
    });
  }

  /** Name the largest classes with their shares. */
  summarize(shares) {
    const ids = this.classes.map((_, id) => id).filter((id) => shares[id] > 0);
    ids.sort((one, other) => shares[other] - shares[one]);
    return ids.slice(0, 3).map((id) => `${this.classes[id].name} ${formatShare(shares[id])}`).join(', ');
  }
}

function makeRow({ name, color }) {
  const box = make('input');
  box.type = 'checkbox';
  box.checked = true;
  const swatch = make('span', 'swatch');
  swatch.style.backgroundColor = `rgb(${color.join(' ')})`;
  const text = make('span');
  text.textContent = name;
  const number = make('span', 'number');
  const bar = make('span');
  const share = make('span', 'share');
  share.append(bar);
  const label = make('label');
  label.append(box, swatch, text, number, share);
  const item = make('li');
  item.append(label);
  return { item, box, bar, number };
}

function make(tag, className = '') {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

function formatShare(share) {
  if (share > 0 && share < 0.001) return '< 0.1 %';
  return `${(100 * share).toFixed(1)} %`;
}
