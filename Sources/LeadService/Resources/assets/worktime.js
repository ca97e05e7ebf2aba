// Beijing time and the working calendar: formats, working hours between two instants, when one may ring.

const minute = 60_000;
const day = 86_400_000;
const shift = 8 * 3_600_000; // Asia/Shanghai has had no summer time since 1991
const weekdays = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];
const two = (number) => String(number).padStart(2, "0");

const midnight = (ms) => Math.floor((ms + shift) / day) * day - shift;
export const dateOf = (ms) => new Date(ms + shift).toISOString().slice(0, 10);
const weekday = (ms) => new Date(ms + shift).getUTCDay();

/** `14:05` */
export const clock = (ms) => new Date(ms + shift).toISOString().slice(11, 16);

/** `11月26日（周四）` */
export function dayWords(ms) {
  const date = new Date(ms + shift);
  return `${date.getUTCMonth() + 1}月${date.getUTCDate()}日（${weekdays[weekday(ms)]}）`;
}

/** `11月26日（周四）18:00`, or `今天 18:00` when it is today. */
export function moment(ms, today) {
  const days = Math.round((midnight(ms) - midnight(today)) / day);
  if (days === 0) return `今天 ${clock(ms)}`;
  if (days === 1) return `明天 ${clock(ms)}`;
  if (days === -1) return `昨天 ${clock(ms)}`;
  return `${dayWords(ms)}${clock(ms)}`;
}

const shortDate = (ms) => dayWords(ms).replace(/（.*/, "");

/** The shortest that is still plain: `14:30`, `昨天 10:00`, `周四 10:00` in the week ahead, else `12月8日`. */
export function shortMoment(ms, today) {
  const days = Math.round((midnight(ms) - midnight(today)) / day);
  if (days === 0) return clock(ms);
  if (days === -1) return `昨天 ${clock(ms)}`;
  if (days > 0 && days < 7) return `${weekdays[weekday(ms)]} ${clock(ms)}`;
  return shortDate(ms);
}

/** For what has happened, in a narrow place: `14:30`, `昨天 10:00`, else `12月8日（周二）10:00`. */
export function pastMoment(ms, today) {
  return dateOf(ms) === dateOf(today) ? clock(ms) : moment(ms, today);
}

/** For columns of past times: `14:30`, else `12月8日 10:00`. */
export const stamp = (ms, today) => (dateOf(ms) === dateOf(today) ? clock(ms) : `${shortDate(ms)} ${clock(ms)}`);

/** The value of a `datetime-local` field, and back; both are Beijing time whatever the computer's zone. */
export const toField = (ms) => new Date(ms + shift).toISOString().slice(0, 16);
export const fromField = (value) => (value ? Date.parse(`${value.slice(0, 16)}:00+08:00`) : NaN);
/** RFC 3339 with Beijing's offset. */
export const toWire = (ms) => `${new Date(ms + shift).toISOString().slice(0, 19)}+08:00`;

/** Whether no notice has settled the working days of that instant's year yet, so that a deadline on it may move to a later one. */
export function isProvisional(ms) {
  const years = globalThis.document?.body?.dataset.coveredYears;
  return years !== undefined && !years.split(" ").includes(dateOf(ms).slice(0, 4));
}
/** What stands behind such a deadline, and nothing behind others. */
export const provisionalMark = (ms) => (isProvisional(ms) ? "（暂定）" : "");

/** `2:10` for hours and minutes. */
export const hours = (ms) => `${Math.floor(ms / (60 * minute))}:${two(Math.floor(ms / minute) % 60)}`;
/** `29:40` for minutes and seconds. */
export const minutes = (ms) => `${Math.floor(ms / minute)}:${two(Math.floor(ms / 1000) % 60)}`;

function periods(text) {
  if (!text || text === "always") return [[0, day]];
  return text.split(",").map((period) => period.split(/[-–]/).map((time) => {
    const [hour, minutePart] = time.trim().split(":").map(Number);
    return (hour * 60 + minutePart) * minute;
  }));
}

/** The firm's working days and hours, as the page was given them. */
export class WorkingCalendar {
  #opening;
  #calling;
  #always;
  #days;
  #first;
  #last;

  constructor({ openingHours, callingHours, workingDays }) {
    const days = (workingDays ?? "").split(" ").filter(Boolean).sort();
    this.#opening = periods(openingHours);
    this.#calling = periods(callingHours);
    this.#always = callingHours === "always";
    this.#days = new Set(days);
    this.#first = days[0] ?? "9999";
    this.#last = days.at(-1) ?? "0000";
  }

  /** Days the page was not told about count from Monday to Friday. */
  isWorkingDay(ms) {
    const date = dateOf(ms);
    if (date >= this.#first && date <= this.#last) return this.#days.has(date);
    return weekday(ms) % 6 !== 0;
  }

  /** Opening time between two instants, in milliseconds; 0 when the second is not later. */
  between(from, to) {
    let sum = 0;
    // Four hundred days bound the work for a date that is wrong by years.
    for (let start = midnight(from), left = 400; start < to && left > 0; start += day, left -= 1) {
      if (!this.isWorkingDay(start)) continue;
      for (const [opens, closes] of this.#opening) {
        sum += Math.max(0, Math.min(to, start + closes) - Math.max(from, start + opens));
      }
    }
    return sum;
  }

  /** Whether a call may be agreed for this instant. */
  isCallable(ms) {
    if (this.#always) return true;
    const time = ms - midnight(ms);
    return this.isWorkingDay(ms) && this.#calling.some(([from, to]) => time >= from && time < to);
  }

  /** The first instant from this one on for which a call may be agreed. */
  nextCallable(ms) {
    if (this.isCallable(ms)) return ms;
    for (let start = midnight(ms), left = 60; left > 0; start += day, left -= 1) {
      for (const [from] of this.#calling) {
        if (start + from >= ms && this.isCallable(start + from)) return start + from;
      }
    }
    return ms;
  }

  /** That time of day on the `count`-th working day after today. */
  workingDay(ms, count, hour) {
    let start = midnight(ms);
    for (let found = 0, left = 60; found < count && left > 0; left -= 1) {
      start += day;
      if (this.isWorkingDay(start)) found += 1;
    }
    return this.nextCallable(start + hour * 60 * minute);
  }

  /** Ready-made times to ring again: soon ones for an agreed call back, later ones for a follow-up. */
  presets(ms, kind) {
    const rounded = (ahead) => Math.ceil((ms + ahead * minute) / (5 * minute)) * 5 * minute;
    const soon = [["30 分钟后", rounded(30)], ["1 小时后", rounded(60)], ["2 小时后", rounded(120)]];
    const today = [["今天下午", midnight(ms) + 14 * 60 * minute], ["今天傍晚", midnight(ms) + 18.5 * 60 * minute]];
    const later = [[1, 10], [1, 14.5], [1, 19]].map(([count, hour]) => [null, this.workingDay(ms, count, hour)]);
    const followUp = [[1, 10], [1, 14.5], [2, 10], [3, 10], [5, 10]].map(([count, hour]) => [null, this.workingDay(ms, count, hour)]);
    const offered = kind === "follow-up" ? followUp : [...soon, ...today, ...later];
    const seen = new Set();
    return offered
      .filter(([, at]) => at > ms + 10 * minute && this.isCallable(at) && !seen.has(at) && seen.add(at))
      .map(([label, at]) => ({ at, label: label === null ? shortDay(at, ms) : `${label} ${clock(at)}` }));
  }
}

function shortDay(ms, today) {
  const days = Math.round((midnight(ms) - midnight(today)) / day);
  if (days === 1) return `明天 ${clock(ms)}`;
  return days < 7 ? `${weekdays[weekday(ms)]} ${clock(ms)}` : `${shortDate(ms)} ${clock(ms)}`;
}

/** `138 **** 1234` or, from E.164, `138 0000 1234`. */
export function spacedPhone(phone) {
  const digits = phone.replace(/^\+86/, "");
  return digits.length === 11 ? `${digits.slice(0, 3)} ${digits.slice(3, 7)} ${digits.slice(7)}` : digits;
}
