// What every button of a visitor's page needs: the request, its busy state, the errors, the sections filled in place.
import { $, all, offline } from './site.js';

export const make = (tag, text, set) => Object.assign(document.createElement(tag), { textContent: text }, set);
// The styles of what is not on the first view.
if (!$('[href="/assets/pages.css"]')) document.head.append(make('link', '', { rel: 'stylesheet', href: '/assets/pages.css' }));
const span = s => s < 120 ? s + ' 秒' : Math.ceil(s / 60) + ' 分钟';

export async function api(path, body, headers) {
  const abort = new AbortController(), timer = setTimeout(() => abort.abort(), 15e3);
  try {
    const isForm = body instanceof URLSearchParams;
    const answer = await fetch(path[0] == '/' ? path : '/api/v1/' + path, {
      method: body ? 'POST' : 'GET', body: isForm ? body : body && JSON.stringify(body), signal: abort.signal,
      headers: { Accept: 'application/json', ...body && !isForm && { 'Content-Type': 'application/json' }, ...headers },
    });
    return { status: answer.status, wait: +answer.headers.get('Retry-After'), body: await answer.json() };
  } catch { return { status: 0, body: {} }; } finally { clearTimeout(timer); }
}

// Buttons: one press at a time, a word after 300 ms, a countdown while waiting.
const waits = new Map();
const label = button => button.dataset.label ??= button.textContent;
export async function busy(button, word, work) {
  if (button.dataset.busy) return;
  button.dataset.busy = 1;
  label(button);
  const timer = setTimeout(() => {
    button.style.minWidth = button.offsetWidth + 'px';
    button.setAttribute('aria-busy', true);
    button.textContent = word;
  }, 300);
  try { await work(); } finally {
    clearTimeout(timer);
    delete button.dataset.busy;
    button.removeAttribute('aria-busy');
    button.style.minWidth = '';
    button.textContent = label(button);
    tick();
  }
}
/** Waits with the button busy, and counts down on it. */
export const pause = (button, seconds, word) => new Promise(go => {
  const end = Date.now() + seconds * 1e3, say = () => {
    const left = Math.ceil((end - Date.now()) / 1e3);
    if (left > 0) return button.textContent = word(left);
    clearInterval(timer);
    go();
  }, timer = setInterval(say, 250);
  say();
});
export function hold(button, until, word = label(button)) {
  button.dataset.label = word;
  waits.set(button, until);
  tick();
}
function tick() {
  for (const [button, until] of waits) {
    const left = Math.ceil((until - Date.now()) / 1e3);
    button.disabled = left > 0;
    if (left <= 0) waits.delete(button);
    if (!button.dataset.busy) button.textContent = left > 0 ? span(left) + '后可再试' : label(button);
  }
}
setInterval(tick, 500);

// Errors: the same words in the summary and at the field.
export function clear(root) {
  all('.err', root).forEach(e => e.remove());
  all('[aria-invalid]', root).forEach(e => { e.removeAttribute('aria-invalid'); e.removeAttribute('aria-describedby'); });
  $('.summary', root).hidden = true;
}
export function show(root, list) {
  clear(root);
  if (!list.length) return true;
  const box = $('.summary', root);
  $('ul', box).replaceChildren(...list.map(([id, text]) => {
    const field = id && document.getElementById(id), item = make('li', field ? '' : text);
    if (!field) return item;
    item.append(make('a', text, { href: '#' + id, onclick: e => { e.preventDefault(); field.focus(); } }));
    const fold = field.closest('details');
    if (fold) fold.open = true;
    if (field.tagName != 'FIELDSET') field.setAttribute('aria-invalid', true);
    field.setAttribute('aria-describedby', 'e-' + id);
    (field.closest('.tick,.code,.num') || $('.tiles', field) || field).before(make('p', text, { className: 'err', id: 'e-' + id }));
    return item;
  }));
  box.hidden = false;
  box.focus();
}
export function refuse(root, button, answer, fallback) {
  const { status, wait, body } = answer;
  if (wait) hold(button, Date.now() + wait * 1e3);
  if (!status) return show(root, [[, offline + '，请再点一次“' + label(button) + '”']]);
  if (status == 429) return show(root, [[fallback, '操作过于频繁，请在 ' + span(wait) + '后再试']]);
  show(root, body.errors ? body.errors.map(e => {
    const id = e.pointer.replace(/^\/answers\//, '').replace(/^\/|\/\d+$/g, '').replace(/^consent\/rem.*/, 'permit_end').replace(/^consent.*/, 'consent').replace('challenge_id', 'code').replace('/', '.');
    return [id, e.detail];
  }) : [[fallback, body.detail || '暂时没有成功，请稍后再试']]);
}

// Filling the prepared sections.
const day = iso => iso && iso.replace(/(\d+)-0?(\d+)-0?(\d+)/, '$1年$2月$3日') + '（周' + '日一二三四五六'[new Date(iso + 'T00:00Z').getUTCDay()] + '）';
// What lies behind the receipt is asked for by a button, so that the wish is remembered.
function gift({ title, url }) {
  if (!url.includes('/benefits/')) return make('a', title, { href: url });
  const ask = make('form', '', { method: 'post', action: url });
  ask.append(make('button', title));
  return ask;
}
export function fill(root, data) {
  all('[data-f]', root).forEach(e => { e.textContent = data[e.dataset.f] ?? ''; });
  all('[data-d]', root).forEach(e => { e.textContent = day(data[e.dataset.d]); });
  all('[data-h]', root).forEach(e => { e.href = data[e.dataset.h] ?? '/'; });
  all('[data-show]', root).forEach(e => { e.hidden = !data[e.dataset.show]?.length; });
  all('[data-l]', root).forEach(list => list.replaceChildren(...(data[list.dataset.l] ?? []).map(x => {
    const row = make(list.tagName == 'TBODY' ? 'tr' : 'li', '');
    row.append(...x.points != null ? [make('td', x.text), make('td', `${x.points}`.replace('-', '−'))] : x.url ? [gift(x)] : [x.text ?? x]);
    return row;
  })));
  root.hidden = false;
}
