// The App's private keys and client secrets: it may have several, which its owner makes and deletes on the App's page.
// https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { World } from './world.ts'

export type AppKeys = {
  /** Makes another private key; returns its PEM. */
  addPrivateKey(): string
  /** What the key signs is refused from now on. */
  deletePrivateKey(pem: string): void
  /** Makes another secret of the client. */
  addClientSecret(): string
}

/** Begins with one key, and keeps in `keys` what verifies the App's tokens. */
export function openAppKeys(world: World): AppKeys & { readonly privateKey: string; readonly keys: Set<KeyObject> } {
  const first = firstKey()
  const keys = new Set([first.publicKey])
  return {
    privateKey: first.privateKey,
    keys,
    addPrivateKey() {
      const added = makeKey()
      keys.add(added.publicKey)
      return added.privateKey
    },
    deletePrivateKey(pem) {
      const deleted = createPublicKey(pem)
      for (const key of keys) if (key.equals(deleted)) keys.delete(key)
    },
    addClientSecret() {
      const secret = randomBytes(20).toString('hex')
      world.authorization.secrets.add(secret)
      return secret
    },
  }
}

type KeyPair = { readonly privateKey: string; readonly publicKey: KeyObject }

let madeKey: KeyPair | undefined

// All GitHubs of a process share the App's first key: creating one takes longer than everything else here.
function firstKey(): KeyPair {
  madeKey ??= makeKey()
  return madeKey
}

function makeKey(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { privateKey: String(privateKey.export({ type: 'pkcs1', format: 'pem' })), publicKey }
}
