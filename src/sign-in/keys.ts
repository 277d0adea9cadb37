// One secret, a key for each purpose (HKDF, RFC 5869): what is kept is sealed, cookies and forms are signed, and what
// only has to be recognised is hashed.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

export type SecretKeys = {
  /** Encrypts and authenticates a text; it opens only for the same purpose. */
  seal(text: string, purpose: string): string
  /** Null when this secret did not seal the text for that purpose. */
  open(sealed: string, purpose: string): string | null
  /** Signs cookies. */
  readonly cookieKey: Uint8Array<ArrayBuffer>
  /** The value that forms of a session carry: a page of another site cannot know it. */
  formToken(sessionHash: string): string
}

export function deriveKeys(secret: string): SecretKeys {
  const derive = (purpose: string) => new Uint8Array(hkdfSync('sha256', secret, '', `andon/${purpose}`, 32))
  const sealing = derive('seal')
  const forms = derive('forms')
  return {
    seal(text, purpose) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(purpose))
      const sealed = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(sealed).toString('base64url')
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return null
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, NONCE_BYTES))
        decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES))
        const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    },
    cookieKey: derive('cookies'),
    formToken: (sessionHash) => createHmac('sha256', forms).update(sessionHash).digest('base64url'),
  }
}

/** A secret that nobody can guess: 256 bits. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** What is stored of a random secret. It needs no salt: nobody can try all secrets. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}

/** Takes the same time wherever the two differ. */
export function isSameSecret(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
