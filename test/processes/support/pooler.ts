// pgbouncer in transaction mode, between Andon and a Postgres server: each transaction may get another connection.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, unprivilegedUser, waitUntilReady } from '../../support/postgres-cluster.ts'

/** Debian: apt-get install pgbouncer. In CI nothing is left out. */
export const hasPgbouncer = process.env.CI === 'true' || spawnSync('pgbouncer', ['--version']).status === 0

export type Pooler = { readonly url: string; close(): Promise<void> }

/** `ignored` are the parameters of a connection that it swallows; it refuses others, as it does by default. */
export async function openPooler(databaseUrl: string, { ignored = '' }: { ignored?: string } = {}): Promise<Pooler> {
  const server = new URL(databaseUrl)
  const directory = mkdtempSync(join(tmpdir(), 'andon-pooler-'))
  const port = await freePort()
  const users = join(directory, 'users')
  writeFileSync(users, `"${server.username}" "${server.password}"\n`)
  const settings = join(directory, 'pgbouncer.ini')
  writeFileSync(
    settings,
    `[databases]
* = host=${server.hostname} port=${server.port} user=${server.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
auth_file = ${users}
pool_mode = transaction
ignore_startup_parameters = ${ignored}
`,
  )
  const owner = unprivilegedUser()
  if (owner) for (const path of [directory, users, settings]) chownSync(path, owner.uid, owner.gid)
  const child: ChildProcess = spawn('pgbouncer', [settings], { ...owner, cwd: directory, stdio: 'ignore' })
  const url = new URL(databaseUrl)
  url.port = `${port}`
  await waitUntilReady(url.href)
  return {
    url: url.href,
    async close() {
      child.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
