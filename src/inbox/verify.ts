import { isUtf8 } from 'node:buffer'
import { verify } from '@octokit/webhooks-methods'

/**
 * The body as text if one of the secrets signed exactly these bytes, else null. Several secrets are valid while one is
 * being rotated. The comparison takes the same time wherever a wrong signature first differs.
 */
export async function verifyBody(
  body: Uint8Array,
  signature: string,
  secrets: readonly string[],
): Promise<string | null> {
  // Decoding anything but UTF-8 would change the signed bytes; GitHub sends only UTF-8.
  if (signature === '' || body.byteLength === 0 || !isUtf8(body)) return null
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  for (const secret of secrets) {
    if (await verify(secret, text, signature)) return text
  }
  return null
}
