// For /dev/gallery only: does on a real page what a person would, with made-up answers in the place of a server's.
const $ = (selector) => document.querySelector(selector);
const [page, state] = $('[name=gallery]').content.split('-');

const at = (day, time) => `2026-11-${day}T${time}:00+08:00`;
const task = (number, name, due, more) => ({
  id: `task-${number}`, lead_id: `lead-${number}`, state: 'open', name_masked: name, phone_masked: `138****${number}234`,
  due_at: due, overdue: false, next_attempt_at: at(26, '09:00'), attempts: 0, total: 104, gap: 16, source: 'baidu / 居住证积分',
  claimed_by: null, claimed_until: null, ...more,
});
/** What a list says of a task beside its shape. */
const detail = (number, more) => ({
  id: `task-${number}`, met_at: null, last_disposition: null, last_attempt_at: null, closed_reason: null, skill: null, owner: null, ...more,
});
const tasks = [
  task(1, '欧阳**', at(26, '18:00'), { claimed_by: 'lin', claimed_until: at(26, '10:30'), attempts: 1 }),
  task(2, '王**', at(25, '18:00'), { overdue: true, attempts: 2 }),
  task(3, '李*', at(26, '11:30'), { total: 126, gap: 0 }),
  task(4, '陈*', at(26, '18:00'), { claimed_by: 'zhou', claimed_until: at(26, '10:20') }),
  task(5, '赵**', at(27, '18:00'), { total: null, gap: null, source: '', next_attempt_at: at(26, '14:30') }),
];
const details = [
  detail(1, { last_disposition: 'no_answer', last_attempt_at: at(26, '09:10') }),
  detail(2, { last_disposition: 'busy_or_rejected', last_attempt_at: at(25, '17:20') }),
  detail(3, { skill: '英语' }), detail(4), detail(5, { owner: 'zhou' }),
];
const card = {
  ...tasks[0], name: '欧阳女士', accepted_at: at(25, '20:15'), disposition: 'no_answer',
  inquiries: [{ accepted_at: at(25, '20:15'), name: '欧阳女士', preferred_window: 'morning', remark: '孩子明年上小学', due_at: at(26, '18:00'), source: { page_url: 'https://example.cn/jifen', utm: { source: 'baidu' } } }],
  assessments: [{
    total: 104, standard: 120, gap: { points: 16, suggestions: [{ text: '再缴 64 个月社保，约 5 年 4 个月' }] }, blocked_by: ['permit_not_valid'],
    item_details: [{ text: '年龄', points: 30 }, { text: '本科，有学士学位', points: 60 }, { text: '缴纳职工社保 72 个月', points: 18 }, { text: '一般刑事犯罪记录', points: -4 }],
    notes: [{ text: '学历与职称只取高的一项' }], rule_version: 'cn-sh-points-2022', assessed_at: at(25, '20:14'),
  }],
  consents: [{ purpose: 'callback', notice_version: '2026-11', given_at: at(25, '20:15') }],
  history: [{ kind: 'attempt', at: at(26, '09:10'), by: 'lin', disposition: 'no_answer', note: '占线后无人接' }, { kind: 'inquiry', at: at(25, '20:15') }],
};
const leads = tasks.map((one) => ({ ...one, id: one.lead_id, accepted_at: at(25, '20:15'), disposition: details.find(({ id }) => id == one.id).last_disposition ?? '', adviser: one.claimed_by }));

const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
window.fetch = async (path, { method = 'GET' } = {}) => {
  if (state == 'busy' && (method != 'GET' || /assessment|export/.test(path))) return new Promise(() => {});
  if (path.startsWith('/api/v1/alerts')) return json(200, { items: [], next_cursor: null, unread: 0 });
  if (path == '/api/v1/my-day') return json(200, { done: 23, reached: 11, due_today: 17, finished_at: at(26, '17:20'), late_count: 3, working_day: true });
  if (path.startsWith('/api/v1/callbacks?')) return json(200, { items: state == 'disabled' ? [] : tasks, next_cursor: null, details });
  if (path.endsWith('/reveal')) return state == 'error' ? json(422, { code: 'outside_calling_hours', next_allowed_at: at(26, '13:30') }) : json(200, { phone: '+8613800001234', qr: { size: 21, path: 'M0 0h7v1h-7z' } });
  if (path.startsWith('/api/v1/callbacks/') || /\/leads\/lead-/.test(path)) return json(200, card);
  if (path == '/api/v1/leads/search') {
    if (state == 'error') return json(422, { errors: [{ pointer: '/from', detail: '开始日期晚于结束日期，请核对' }] });
    return json(200, { items: state == 'disabled' ? [] : leads, next_cursor: null });
  }
  if (path == '/api/v1/session') return state == 'disabled' ? json(429, {}, { 'Retry-After': '600' }) : Promise.reject(new TypeError('no network'));
  return json(200, { form_token: 'made-up' });
};

// Nothing changes while one looks.
window.EventSource = class extends EventTarget { close() {} };

// What the visitor's pages would have kept of an earlier step; nothing of it stays behind.
const kept = {
  busy: { challenge: 'made-up', number: '13800001234', dies: Date.now() + 3e5, until: 0 },
  disabled: { challenge: 'made-up', number: '13800001234', dies: Date.now() + 3e5, until: Date.now() + 59e3 },
};
sessionStorage.setItem('huifang', JSON.stringify(kept[state] ?? {}));
addEventListener('pagehide', () => {
  sessionStorage.clear();
  for (const key of Object.keys(localStorage)) if (/^draft:.*:task-/.test(key)) localStorage.removeItem(key);
});

/** Shows everything that can be used as if it had the focus or a finger on it: the page's own rules once more, for an attribute. */
function showAs(pseudo) {
  const mirror = (list) => {
    for (let i = list.cssRules.length - 1; i >= 0; i--) {
      const rule = list.cssRules[i];
      if (rule.selectorText?.includes(pseudo)) list.insertRule(rule.cssText.replaceAll(pseudo, '[data-as]'), i + 1);
      else if (!rule.selectorText && rule.cssRules) mirror(rule);
    }
  };
  for (const sheet of document.styleSheets) mirror(sheet);
  for (const e of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')) e.dataset.as = '';
}

const frame = () => new Promise(requestAnimationFrame);
async function seen(selector) {
  let element;
  while (!(element = $(selector))?.checkVisibility()) await frame();
  return element;
}
const press = async (selector) => (await seen(selector)).click();
const fill = (selector, text) => { $(selector).value = text; };

const steps = {
  async landing() {
    if (state == 'rest') return;
    const form = await import('./form.js');
    await seen('#submit');
    if (state == 'busy') {
      fill('#code', '123456');
      for (const id of ['score', 'send', 'submit', 'check']) form.press($(`#${id}`));
    }
    if (state == 'disabled') await seen('#send:disabled');
    if (state == 'success') {
      $('#result').hidden = false;
      // In one picture with the form, and a page has one main.
      $('#main').append(...$('#done').childNodes);
    }
  },
  async code() {},
  async login() {
    await seen('[type=submit]:enabled');
    if (!['busy', 'error', 'disabled'].includes(state)) return;
    fill('#username', 'lin');
    fill('#password', 'made up and long');
    await press('[type=submit]');
    await seen({ busy: '[aria-busy=true]', error: '#error:not(:empty)', disabled: '[type=submit]:disabled' }[state]);
  },
  async desk() {
    if (state == 'disabled') return void await seen('#empty:not(:empty)');
    await seen('#card .parts');
    if (state == 'error') await press('#save-next');
    else {
      $('[value=reached_interested]').click();
      $('#presets button').click();
    }
    if (state == 'busy') await press('#save-only');
    if (['busy', 'error', 'success'].includes(state)) await press('#reveal');
    await seen({ busy: '#reveal[aria-busy=true]', error: '#message[data-kind=error]', success: '#dial' }[state] ?? '#reveal');
  },
  async leads() {
    if (state == 'disabled' || state == 'error') return void await seen(state == 'error' ? '#message[data-kind=error]' : '#empty:not(:empty)');
    if (state == 'busy') {
      fill('#reason', '核对');
      await press('#export-start');
      return void await seen('#export-start[aria-busy=true]');
    }
    await seen('#lead-rows tr');
    if (state == 'success') {
      await press('#lead-rows button');
      await seen('#detail-facts > *');
    }
  },
};

addEventListener('load', async () => {
  for (const fold of document.querySelectorAll('details')) fold.open = true;
  await steps[page]();
  if (state == 'focus') showAs(':focus-visible');
  if (state == 'pressed') showAs(':active');
  // What shows only after 300 ms is on screen, and nothing has the focus of its own.
  await new Promise((done) => setTimeout(done, 600));
  document.activeElement.blur();
  scrollTo(0, 0);
  document.documentElement.dataset.ready = state;
});
