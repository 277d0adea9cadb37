// The App gets exactly the permissions and events of its manifest, so that a missing one fails on this machine too.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

export type Grant = {
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>
  /** Installation events always arrive. */
  readonly events: readonly string[]
}

/** The permissions and events of `app.yml`. */
export function grantFromManifest(): Grant {
  const text = readFileSync(resolve(import.meta.dirname, '../app.yml'), 'utf8')
  const manifest = parse(text) as { default_permissions: Grant['permissions']; default_events: Grant['events'] }
  return { permissions: manifest.default_permissions, events: manifest.default_events }
}
