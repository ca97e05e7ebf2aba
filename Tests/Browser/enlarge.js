// Enlarges text as an in-app browser does: every computed size times the factor, lengths and layout as they are.
const elements = [...document.querySelectorAll('body, body *')];
const sizes = elements.map(e => parseFloat(getComputedStyle(e).fontSize));
elements.forEach((e, i) => {
  e.dataset.enlarged = e.style.fontSize || 'none';
  e.style.fontSize = sizes[i] * factor + 'px';
});
