import { createHmac, timingSafeEqual } from "node:crypto";

// body: the raw bytes of the request (a Buffer); headers: as node:http gives them.
export function verify(secret, headers, body) {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const mac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  const wanted = Buffer.from(`v1,${mac}`);
  return headers["webhook-signature"].split(" ").some((given) => {
    const found = Buffer.from(given);
    return found.length === wanted.length && timingSafeEqual(found, wanted);
  });
}
