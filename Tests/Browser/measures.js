// What a page shows at this moment, as findings; run in the page by check_pages.py, which passes `options`.
// options: {target: smallest target in px, measure: widest line in Han or 0}
const findings = [];
const width = document.documentElement.clientWidth;
const name = e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : e.classList.length ? '.' + e.classList[0] : '') + ' “' + (e.textContent || e.value || '').trim().slice(0, 16) + '”';
const say = (kind, e, detail) => findings.push([kind, name(e), detail].join(' '));
const shown = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true, contentVisibilityAuto: true });
const hiddenAway = e => { const r = e.getBoundingClientRect(); return r.width <= 1 || r.height <= 1 || r.right <= 0 || r.bottom + scrollY <= 0; };
const modal = document.querySelector('dialog:modal');
const all = [...(modal || document.body).querySelectorAll('*')].filter(e => shown(e) && !e.closest('.visually-hidden, .skip'));
const scrolls = e => /auto|scroll/.test(getComputedStyle(e).overflowX);
const inScroller = e => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) if (scrolls(p)) return true; return false; };

// The page itself never scrolls sideways.
if (document.scrollingElement.scrollWidth > width) {
  const over = all.filter(e => e.getBoundingClientRect().right > width + 0.5 && !inScroller(e)).at(-1);
  say('overflow', over ?? document.body, `${document.scrollingElement.scrollWidth} > ${width} px`);
}

for (const e of all) {
  const style = getComputedStyle(e);
  const texts = [...e.childNodes].filter(n => n.nodeType === 3 && n.data.trim());
  if (!texts.length && !/^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName) || hiddenAway(e)) continue;
  const size = parseFloat(style.fontSize);
  if (size < 11.99) say('small text', e, size + ' px');
  if (!['400', '700'].includes(style.fontWeight)) say('weight', e, style.fontWeight);
  if (style.fontStyle !== 'normal') say('italics', e, style.fontStyle);
  // Text stays inside its button, field or cell.
  const box = e.closest('button, .button, .main, .plain, summary, [role=tab], label, th, td');
  for (const text of texts) {
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const line of range.getClientRects()) {
      if (options.measure && /^(P|LI|DD)$/.test(e.tagName) && line.width > options.measure * size) say('long line', e, `${Math.round(line.width / size)} Han`);
      const room = box?.getBoundingClientRect();
      if (room && style.textOverflow !== 'ellipsis' && (line.right > room.right + 1 || line.left < room.left - 1 || line.bottom > room.bottom + 4)) say('text out of its box', e, `${Math.round(line.right)} > ${Math.round(room.right)}, ${Math.round(line.bottom)} > ${Math.round(room.bottom)} px`);
      if (!inScroller(e) && (line.right > width + 1 || line.left < -1) && style.position !== 'absolute') say('text out of the window', e, `${Math.round(line.left)}–${Math.round(line.right)} of ${width} px`);
    }
  }
}

// Targets; a link inside a sentence is as high as its line.
for (const e of all.filter(e => e.matches('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=tab]') && !e.matches(':disabled') && !hiddenAway(e))) {
  const inSentence = e.tagName === 'A' && getComputedStyle(e).display === 'inline' && [...e.parentElement.childNodes].some(n => n !== e && n.nodeType === 3 && n.data.trim());
  if (inSentence) continue;
  const label = e.matches('input[type=checkbox], input[type=radio]') && e.closest('label');
  const rect = (label || e).getBoundingClientRect();
  if (rect.height < options.target - 0.5 || rect.width < Math.min(options.target, 24) - 0.5) say('small target', e, `${Math.round(rect.width)} × ${Math.round(rect.height)} px`);
}

// Controls do not lie on each other.
const controls = all.filter(e => e.matches('button, input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea') && !hiddenAway(e) && !['fixed', 'sticky'].includes(getComputedStyle(e.parentElement).position));
controls.forEach((a, i) => {
  const p = a.getBoundingClientRect();
  for (const b of controls.slice(i + 1)) {
    const q = b.getBoundingClientRect();
    if (a.closest('.action-bar, .bar') || b.closest('.action-bar, .bar') || inScroller(a) !== inScroller(b)) continue;
    if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 1) say('overlap', a, 'with ' + name(b));
  }
});
return [...new Set(findings)];
