// The App is granted and told here exactly what its manifest asks for, so that a missing line fails on this machine too.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'yaml'

export type Grant = {
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>
  /** Installation events arrive always. */
  readonly events: readonly string[]
}

/** What `app.yml` asks for. */
export function grantFromManifest(): Grant {
  const text = readFileSync(resolve(import.meta.dirname, '../app.yml'), 'utf8')
  const manifest = parse(text) as { default_permissions: Grant['permissions']; default_events: Grant['events'] }
  return { permissions: manifest.default_permissions, events: manifest.default_events }
}
