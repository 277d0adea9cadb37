// Another webhook secret, key or client secret for an App that is stored. What is new is accepted everywhere before GitHub
// uses it, and what is old until GitHub no longer does: whatever fails in between, no delivery is refused, and the same
// command goes on where it stopped.
import type { AppCredentials } from '../config.ts'
import type { StoredApp } from './stored-app.ts'

export type Rotation = Pick<StoredApp, 'load' | 'replace' | 'inUse'> & {
  /** Lets GitHub sign with the secret; rejects with a GitHubFailure. */
  setAtGitHub(app: AppCredentials, secret: string): Promise<void>
}

export type RotationResult =
  | { readonly state: 'done' }
  /** No App is stored. */
  | { readonly state: 'no-app' }
  /** There is nothing but the newest secret. */
  | { readonly state: 'nothing-to-drop' }
  /** Another command has changed the App. */
  | { readonly state: 'changed-meanwhile' }

/**
 * Stores a new secret before the old one, and lets GitHub sign with it once every process accepts it. Where two are stored
 * already, it goes on with the newest. Rejects with a GitHubFailure; both are accepted then.
 */
export async function rotateWebhookSecret(o: Rotation, newSecret: () => string): Promise<RotationResult> {
  const app = await o.load()
  if (app === null) return { state: 'no-app' }
  const { webhookSecrets } = app
  const isUnderway = webhookSecrets.length > 1
  const next = isUnderway ? app : { ...app, webhookSecrets: [newSecret(), ...webhookSecrets] }
  return await useNewestSecret(o, app, next)
}

/** Accepts only the newest secret from now on; rejects with a GitHubFailure, and then all are still accepted. */
export async function dropFormerSecrets(o: Rotation): Promise<RotationResult> {
  const app = await o.load()
  if (app === null) return { state: 'no-app' }
  if (app.webhookSecrets.length === 1) return { state: 'nothing-to-drop' }
  // GitHub does not say which secret it has, so it is told again.
  const result = await useNewestSecret(o, app, app)
  if (result.state !== 'done') return result
  return await replace(o, app, { ...app, webhookSecrets: app.webhookSecrets.slice(0, 1) })
}

/** Stores a key or a client secret that GitHub has taken; resolves when every process uses it. */
export async function replaceCredentials(
  o: Pick<Rotation, 'replace' | 'inUse'>,
  former: AppCredentials,
  next: AppCredentials,
): Promise<RotationResult> {
  const result = await replace(o, former, next)
  if (result.state === 'done') await o.inUse()
  return result
}

async function useNewestSecret(o: Rotation, former: AppCredentials, next: AppCredentials): Promise<RotationResult> {
  const result = await replaceCredentials(o, former, next)
  if (result.state !== 'done') return result
  const [newest] = (await o.load())?.webhookSecrets ?? []
  const [wanted] = next.webhookSecrets
  if (wanted === undefined || newest !== wanted) return { state: 'changed-meanwhile' }
  await o.setAtGitHub(next, wanted)
  return { state: 'done' }
}

async function replace(
  o: Pick<Rotation, 'replace'>,
  former: AppCredentials,
  next: AppCredentials,
): Promise<RotationResult> {
  return (await o.replace(former, next)) ? { state: 'done' } : { state: 'changed-meanwhile' }
}
