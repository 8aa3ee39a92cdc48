"""JavaScript that tests run in the page."""

CONTRASTS = """
const parse = (color) => color.match(/[\\d.]+/g).map(Number);
const toLinear = (value) => {
  const share = value / 255;
  return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
};
const luminance = (color) => {
  const [red, green, blue] = color.map(toLinear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const backOf = (element) => {
  const color = parse(getComputedStyle(element).backgroundColor);
  return color.length === 3 ? color : backOf(element.parentElement);
};
const seen = [...document.querySelectorAll(arguments[0])].filter((one) => one.offsetParent);
return seen.map((element) => {
  const colors = [parse(getComputedStyle(element).color), backOf(element)];
  const [less, more] = colors.map(luminance).sort((one, other) => one - other);
  return [element.id || element.textContent, (more + 0.05) / (less + 0.05)];
});
"""
"""Contrasts of the text of what is seen of a selector: name and ratio, as WCAG 2 defines it."""

DROP = """
const [name, bytes] = arguments;
const dataTransfer = new DataTransfer();
dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
const options = { dataTransfer, bubbles: true, cancelable: true };
document.body.dispatchEvent(new DragEvent('drop', options));
"""
"""Drop a file: name and bytes."""

HAS_RING = "return getComputedStyle(arguments[0]).outlineStyle !== 'none'"
"""Tell whether an element shows that it has the focus."""

PIXELS = """
const canvas = document.getElementById(arguments[0]);
const { width, height } = canvas;
return [...canvas.getContext('2d').getImageData(0, 0, width, height).data];
"""
"""Pixels of a canvas, RGBA one after the other."""
