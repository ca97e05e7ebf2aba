// Calls by the telephone system and messages of missed calls, in words. Used by the card and by the history.

const states = { requested: "正在呼叫", ringing: "振铃中", answered: "通话中", ended: "已挂断", failed: "没有拨通" };
const deliveries = { queued: "待发", sent: "已发出", delivered: "已送达", failed: "没有发出", expired: "没有发出", unknown: "不知是否送达" };

/** `1 分 05 秒` */
export function durationWords(seconds) {
  const [whole, rest] = [Math.floor(seconds / 60), seconds % 60];
  return whole > 0 ? `${whole} 分 ${String(rest).padStart(2, "0")} 秒` : `${rest} 秒`;
}

/** What became of a call. */
export function callWords({ state, duration_seconds: seconds, failure, recording_reference: recording }) {
  return [states[state] ?? state, seconds !== null && seconds !== undefined ? durationWords(seconds) : "",
    failure ? `电话系统：${failure}` : "", recording ? `录音 ${recording}` : ""].filter(Boolean).join("，");
}

export const deliveryWords = (delivery) => deliveries[delivery] ?? delivery;
