// Finds the number whose SHA-256 behind the salt is the challenge: pure script, so that it needs no secure context.
// What the salt fills of the first block is worked in once; each number costs one block.
const K = new Int32Array(64), H = new Int32Array(8);
for (let n = 2, found = 0; found < 64; n++) {
  let prime = true;
  for (let d = 2; d * d <= n; d++) if (n % d == 0) { prime = false; break; }
  if (!prime) continue;
  if (found < 8) H[found] = (Math.sqrt(n) % 1) * 2 ** 32 | 0;
  K[found++] = (Math.cbrt(n) % 1) * 2 ** 32 | 0;
}
const W = new Int32Array(64);
// Works one block of 64 bytes into the state.
function block(state, bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) W[i] = bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3];
  for (let i = 16; i < 64; i++) {
    const a = W[i - 15], b = W[i - 2];
    W[i] = W[i - 16] + W[i - 7] + ((a >>> 7 | a << 25) ^ (a >>> 18 | a << 14) ^ a >>> 3) + ((b >>> 17 | b << 15) ^ (b >>> 19 | b << 13) ^ b >>> 10) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const t = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + K[i] + W[i] | 0;
    const u = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + t | 0; d = c; c = b; b = a; a = t + u | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}
onmessage = ({ data: { salt, challenge, most } }) => {
  const head = new TextEncoder().encode(salt), whole = head.length & ~63, rest = head.length - whole;
  const start = H.slice(), goal = new Int32Array(8), state = new Int32Array(8), tail = new Uint8Array(128);
  for (let at = 0; at < whole; at += 64) block(start, head, at);
  for (let i = 0; i < 8; i++) goal[i] = parseInt(challenge.slice(i * 8, i * 8 + 8), 16);
  for (let number = 0; number <= most; number++) {
    const digits = String(number), length = rest + digits.length, end = length > 55 ? 128 : 64;
    tail.fill(0);
    tail.set(head.subarray(whole));
    for (let i = 0; i < digits.length; i++) tail[rest + i] = digits.charCodeAt(i);
    tail[length] = 128;
    const bits = (whole + length) * 8;
    tail[end - 1] = bits; tail[end - 2] = bits >>> 8; tail[end - 3] = bits >>> 16;
    state.set(start);
    for (let at = 0; at < end; at += 64) block(state, tail, at);
    if (state[0] == goal[0] && state.every((word, i) => word == goal[i])) return postMessage({ number });
    if (number % 5000 == 0) postMessage({ done: number / most });
  }
  postMessage({ number: -1 });
};
