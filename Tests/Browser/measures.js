// What a page shows at this moment, as findings; run in the page by check_pages.py, which passes `options`.
// options: {target: smallest target in px, measure: widest line in Han or 0, isConsole, isEnlarged}
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
// Type: the language, our sizes, figures that line up, nothing fetched; enlarging is never disabled.
const root = getComputedStyle(document.body), [size, line] = options.isConsole ? [14, 22] : [17, 30];
if (document.documentElement.lang != 'zh-CN') findings.push('language ' + document.documentElement.lang);
if (!options.isEnlarged && (Math.abs(parseFloat(root.fontSize) - size) > 0.1 || Math.abs(parseFloat(root.lineHeight) - line) > 0.1)) findings.push(`type ${root.fontSize} on ${root.lineHeight}`);
if (root.fontVariantNumeric != 'tabular-nums') findings.push('figures ' + root.fontVariantNumeric);
if (root.textAutospace && root.textAutospace != 'normal') findings.push('autospace ' + root.textAutospace);
if ([...document.fonts].some(font => font.family != 'Blocks')) findings.push('web font');
if (/user-scalable|maximum-scale/.test(document.querySelector('[name=viewport]').content)) findings.push('enlarging is disabled');
for (const e of all) {
  const style = getComputedStyle(e);
  if (!['normal', '0px'].includes(style.letterSpacing)) say('tracking', e, style.letterSpacing);
  if (!options.isConsole && e.matches('input, select, textarea') && parseFloat(style.fontSize) < 15.99) say('small field', e, style.fontSize);
  // Motion: short, and of what moves no other thing.
  const times = style.transitionDuration.split(',').map(parseFloat), what = style.transitionProperty.split(', ');
  if (times.some(t => t > 0.2) || times.some(t => t > 0) && !what.every(p => ['opacity', 'transform', 'none'].includes(p))) say('motion', e, style.transition);
  if (style.animationName != 'none' && style.animationDuration.split(',').some(t => parseFloat(t) > 0.2)) say('motion', e, style.animation);
  // Nothing lies over a visitor's page that was not asked for.
  if (!options.isConsole && (style.position == 'fixed' || e.matches('dialog[open]'))) say('pop-up', e, style.position);
  // Red is for errors and for what is late.
  if (['rgb(168, 40, 31)', 'rgb(140, 29, 22)'].includes(style.color) && [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim())
    && !e.closest('.err, .summary, .error, .overdue, [data-kind=error], [data-kind=overdue], .loud, .noscript')) say('red', e, style.color);
}

// No last line of a single character, with or without its full stop.
if (!options.isEnlarged) for (const e of all.filter(e => e.matches('p, li, dd, dt, h1, h2, h3, legend, small, td') && getComputedStyle(e).display != 'flex' && !e.querySelector('p, li, br, button, input, small, div, b + *') && !hiddenAway(e))) {
  const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), signs = [];
  for (let n; n = walker.nextNode();) for (let i = 0; i < n.length; i++) if (n.data[i].trim()) signs.push([n, i]);
  const box = ([n, i]) => { const r = document.createRange(); r.setStart(n, i); r.setEnd(n, i + 1); return r.getBoundingClientRect(); };
  if (signs.length < 4) continue;
  const bottom = box(signs.at(-1)).bottom, onLast = signs.slice(-4).filter(s => Math.abs(box(s).bottom - bottom) < 8), words = onLast.map(([n, i]) => n.data[i]).join('');
  if (onLast.length < 4 && words.replace(/[。，、；：？！）”》.]/g, '').length <= 1) say('lone last character', e, words);
}

// Words: how numbers, times and dates are put, and what is never said.
const text = (modal || document.body).innerText;
for (const [kind, pattern] of Object.entries({
  'words': /格式错误|参数有误|系统异常/, 'mask': /1\d{2}\*{4}\d{4}/, 'twelve-hour clock': /[上下]午 ?(1[0-2]|[1-9])[:点](?!\d\d–)|\d ?[AP]M\b/,
  'date': /(?<![\w/-]|(版本|声明) )20\d\d[-/]\d{1,2}[-/]\d{1,2}(?![\w-])|\d月\d+日\([周一二三四五六日]+\)/, 'half-width punctuation': /[\u4e00-\u9fff][,;:!?()][\u4e00-\u9fff]/,
})) {
  const found = text.match(pattern);
  if (found) findings.push(`${kind}: “${text.slice(Math.max(0, found.index - 8), found.index + found[0].length + 8)}”`);
}
if (!options.isConsole) {
  if (/(?<!\d)1[3-9]\d{9}(?!\d)/.test(text)) findings.push('a whole number is shown');
  const foot = document.querySelector('footer')?.textContent ?? '';
  for (const words of ['非政府机构', '示例路', '021-5555 0100', '沪ICP备']) if (!foot.includes(words)) findings.push('the foot does not say ' + words);
}
return [...new Set(findings)];
