// The databases on the server that this process has made, lent to one test after the other: to make one and to drop it
// costs the server ten times what emptying it does. What does not come back as it was lent is not lent again.
import type pg from 'pg'
import { copyOnPostgres, madeBy, onServer, urlOf } from './database-template.ts'
import { EMPTY, SHAPE } from './reset-statements.ts'

/** The name of a migrated, empty database. */
export async function lendOnPostgres(admin: string): Promise<string> {
  if (!swept.has(admin)) await sweep(admin)
  swept.add(admin)
  for (let name = returned.pop(); name; name = returned.pop()) {
    if (await emptied(admin, name)) return name
    await dropOnPostgres(admin, name)
  }
  const name = await copyOnPostgres(admin)
  shapes.set(name, await onServer(urlOf(admin, name), shapeOf))
  return name
}

/** Takes back what was lent; this process lends it again. */
export function giveBack(name: string): void {
  returned.push(name)
}

/** Removes a database, with the sessions that killed processes may have left. */
export async function dropOnPostgres(admin: string, name: string): Promise<void> {
  await onServer(admin, (client) => client.query(`drop database if exists ${name} with (force)`))
}

const returned: string[] = []
const shapes = new Map<string, string>()
const swept = new Set<string>()

async function emptied(admin: string, name: string): Promise<boolean> {
  return await onServer(urlOf(admin, name), async (client) => {
    await client.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`)
    for (const step of EMPTY) await client.query(step)
    return (await shapeOf(client)) === shapes.get(name)
  })
}

async function shapeOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ shape: string }>(SHAPE)
  return rows[0]?.shape ?? ''
}

/** What processes that have ended left on a server that outlives them. */
async function sweep(admin: string): Promise<void> {
  const { rows } = await onServer(admin, (client) =>
    client.query<{ name: string }>('select datname as name from pg_database'),
  )
  for (const { name } of rows) {
    const pid = madeBy(name)
    if (pid !== null && !isAlive(pid)) await dropOnPostgres(admin, name)
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
