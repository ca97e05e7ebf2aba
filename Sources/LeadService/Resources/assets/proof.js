// Loaded when a code costs a proof of work: solves it beside the page, so that typing goes on, and shows how far it is.
const address = '/assets/proof-worker.js';
const trusted = globalThis.trustedTypes?.createPolicy('huifang', { createScriptURL: url => url == address ? url : '' });

/** The payload for `proof_of_work`, or nothing when it cannot be found. */
export function solve(challenge, field) {
  const line = document.createElement('p'), bar = document.createElement('progress');
  line.className = 'help';
  line.setAttribute('role', 'status');
  line.append('正在做一次安全校验，您可以继续填写 ', bar);
  bar.setAttribute('aria-hidden', true);
  bar.max = 1;
  bar.value = 0;
  // A quick one needs no word.
  const late = setTimeout(() => field.after(line), 400), began = Date.now();
  return new Promise(resolve => {
    const worker = new Worker(trusted?.createScriptURL(address) ?? address);
    const end = number => {
      clearTimeout(late);
      line.remove();
      worker.terminate();
      const { algorithm, salt, signature } = challenge;
      resolve(number < 0 ? undefined : btoa(JSON.stringify({ algorithm, challenge: challenge.challenge, number, salt, signature, took: Date.now() - began })));
    };
    worker.onerror = () => end(-1);
    worker.onmessage = ({ data }) => { if ('number' in data) end(data.number); else bar.value = data.done; };
    worker.postMessage({ salt: challenge.salt, challenge: challenge.challenge, most: challenge.maxnumber });
  });
}
