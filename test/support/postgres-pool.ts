// The databases that this process has created on the server, lent to one test after another: creating and dropping one
// costs the server ten times as much as emptying it. A database that comes back changed is not lent again.
import type pg from 'pg'
import { copyPostgresTemplate, databaseUrlOf, ownerPidOf, withClient } from './database-template.ts'
import { RESET_STATEMENTS, SCHEMA_FINGERPRINT } from './reset-statements.ts'

/** The name of a migrated, empty database. */
export async function borrowPostgres(admin: string): Promise<string> {
  if (!cleanedServers.has(admin)) await dropLeftovers(admin)
  cleanedServers.add(admin)
  for (let name = available.pop(); name; name = available.pop()) {
    if (await resetDatabase(admin, name)) return name
    await dropPostgres(admin, name)
  }
  const name = await copyPostgresTemplate(admin)
  fingerprints.set(name, await withClient(databaseUrlOf(admin, name), fingerprintOf))
  return name
}

/** Takes a database back; this process lends it again. */
export function returnPostgres(name: string): void {
  available.push(name)
}

/** Drops a database, with the sessions that killed processes may have left. */
export async function dropPostgres(admin: string, name: string): Promise<void> {
  await withClient(admin, (client) => client.query(`drop database if exists ${name} with (force)`))
}

const available: string[] = []
const fingerprints = new Map<string, string>()
const cleanedServers = new Set<string>()

async function resetDatabase(admin: string, name: string): Promise<boolean> {
  return await withClient(databaseUrlOf(admin, name), async (client) => {
    await client.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`)
    for (const step of RESET_STATEMENTS) await client.query(step)
    return (await fingerprintOf(client)) === fingerprints.get(name)
  })
}

async function fingerprintOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ shape: string }>(SCHEMA_FINGERPRINT)
  return rows[0]?.shape ?? ''
}

/** Databases of ended processes on a server that outlives them. */
async function dropLeftovers(admin: string): Promise<void> {
  const { rows } = await withClient(admin, (client) =>
    client.query<{ name: string }>('select datname as name from pg_database'),
  )
  for (const { name } of rows) {
    const pid = ownerPidOf(name)
    if (pid !== null && !isAlive(pid)) await dropPostgres(admin, name)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
