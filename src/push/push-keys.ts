// The key pair by which push services know this Andon (VAPID, RFC 8292). It is made when the first browser asks, and stored
// sealed: every process of the same secret signs with it, and a backup holds nothing that is worth anything by itself.
import webPush from 'web-push'
import type { SecretKeys } from '../sign-in/keys.ts'
import type { Database } from '../store/database.ts'
import { loadSealedPushKeys, replacePushKeys } from '../store/push-subscriptions.ts'

export type PushKeys = { readonly publicKey: string; readonly privateKey: string }

export type PushKeyStore = {
  /** Null when there is none, or when it was sealed with another secret. */
  load(): Promise<PushKeys | null>
  /** The pair; made where there is none that can be opened. */
  loadOrMake(): Promise<PushKeys>
}

export function openPushKeys({ database, keys }: { database: Database; keys: SecretKeys }): PushKeyStore {
  function open(sealed: string | null): PushKeys | null {
    const text = sealed === null ? null : keys.open(sealed, PURPOSE)
    return text === null ? null : (JSON.parse(text) as PushKeys)
  }
  return {
    load: async () => open(await loadSealedPushKeys(database)),
    async loadOrMake() {
      const former = await loadSealedPushKeys(database)
      const known = open(former)
      if (known !== null) return known
      await replacePushKeys(database, { former, next: keys.seal(JSON.stringify(webPush.generateVAPIDKeys()), PURPOSE) })
      // Of two processes that make one at once, both use that which was stored.
      const made = open(await loadSealedPushKeys(database))
      if (made === null) throw new Error('the keys for Web Push belong to a process with another ANDON_SECRET')
      return made
    },
  }
}

const PURPOSE = 'keys for Web Push'
