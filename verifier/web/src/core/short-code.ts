/** The code that people type: 80 bits of SHA-256(licence.json) in Crockford's base 32, and a check. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK = `${ALPHABET}*~$=U`;

export function shortCodeOf(digest: Uint8Array): string {
  const number = digest.slice(0, 10).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let code = "";
  for (let place = 15n; place >= 0n; place -= 1n) {
    code += ALPHABET[Number((number >> (5n * place)) & 31n)];
  }
  return code + CHECK[Number(number % 37n)];
}
