// A throwaway Postgres server with its own directory and port, stopped and started at will, removed at the end.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants, globSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

export type PostgresCluster = {
  /** The URL of its database `postgres`, as superuser. */
  readonly url: string
  /** Runs the server again after `stop`; does nothing while it runs. */
  start(): Promise<void>
  /** Ends every session at once, as an operator's restart does; `immediate`: as a crash does, with a recovery at the next start. */
  stop(how?: 'fast' | 'immediate'): Promise<void>
  /** Stops it; it starts as a standby, which refuses writes until `select pg_promote()`. */
  demote(): Promise<void>
  /** Makes a standby that streams from it. */
  standby(): Promise<PostgresCluster>
  /** Null unless it was asked for and may be mounted. */
  readonly disk: SmallDisk | null
  /** Stops it and removes its directory. */
  remove(): Promise<void>
}

/** The folder of `initdb` and `postgres`: on the PATH, or where Debian installs them, newest first. */
export function findPostgres(): string | null {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const debian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => majorVersionOf(b) - majorVersionOf(a))
  return (
    [...onPath, ...debian].find((folder) => ['initdb', 'postgres'].every((name) => isExecutable(join(folder, name)))) ??
    null
  )
}

const execute = promisify(execFile)

type ClusterSettings = Readonly<Record<string, string>>

/** Creates a server in a new temporary directory and waits until it answers. */
export async function startCluster(
  binaries: string,
  settings: ClusterSettings = NO_FSYNC,
  { onOwnDisk = false } = {},
): Promise<PostgresCluster> {
  return await openCluster({ binaries, settings, onOwnDisk }, (directory, owner) =>
    execute(join(binaries, 'initdb'), ['-D', directory, ...INITDB], { ...owner, cwd: directory }),
  )
}

type ClusterPlace = { readonly binaries: string; readonly settings: ClusterSettings; readonly onOwnDisk: boolean }

async function openCluster(
  place: ClusterPlace,
  fill: (directory: string, owner: ReturnType<typeof unprivilegedUser>) => Promise<unknown>,
): Promise<PostgresCluster> {
  const { binaries, settings } = place
  const directory = mkdtempSync(join(tmpdir(), 'andon-postgres-'))
  const disk = place.onOwnDisk ? mountSmallDisk(directory) : null
  const owner = unprivilegedUser()
  if (owner) chownSync(directory, owner.uid, owner.gid)
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let server: ChildProcess | null = null

  async function start(): Promise<void> {
    if (server) return
    const child = spawn(join(binaries, 'postgres'), serverArguments(directory, port, settings), {
      ...owner,
      cwd: directory,
      // Its own process group: Ctrl-C in a terminal reaches only us, and we stop the server cleanly.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    server = child
    const output: string[] = []
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < 50) output.push(text)
    })
    child.once('exit', () => {
      if (server === child) server = null
    })
    await waitUntilReady(url, () => {
      if (server !== child) throw new Error(`Postgres ended before it answered:\n${output.join('')}`)
    })
  }

  async function stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = server
    if (!child) return
    const ended = once(child, 'exit')
    // SIGINT is Postgres's fast shutdown: it ends sessions and loses nothing that is committed.
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT')
    await ended
  }

  async function remove(): Promise<void> {
    await stop()
    disk?.unmount()
    rmSync(directory, { recursive: true, force: true })
  }

  try {
    await fill(directory, owner)
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    ...{ url, disk, start, stop, remove },
    async demote() {
      await stop()
      writeFileSync(join(directory, 'standby.signal'), '')
      if (owner) chownSync(join(directory, 'standby.signal'), owner.uid, owner.gid)
    },
    standby: () =>
      openCluster(place, (copy, as) => {
        const words = ['-d', url, '-D', copy, '-R', '--checkpoint=fast', '--no-sync']
        // On the PATH there may be links to some of its programs.
        const folder = dirname(realpathSync(join(binaries, 'postgres')))
        return execute(join(folder, 'pg_basebackup'), words, { ...as, cwd: copy })
      }),
  }
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

const INITDB = ['-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions']

// Only processes are killed here, never the machine: the operating system keeps what was written.
const NO_FSYNC = { fsync: 'off', full_page_writes: 'off' }

function serverArguments(directory: string, port: number, own: Readonly<Record<string, string>>): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: directory,
    max_connections: 300,
    max_wal_size: '2GB',
    log_min_messages: 'fatal',
    ...own,
  }
  return ['-D', directory, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

/** The user that a server runs as when we are root, as which Postgres refuses to run. */
export function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString())
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // This machine has no such user; the next one may exist.
    }
  }
  throw new Error('Postgres cannot run as root, and this machine has neither a user "postgres" nor "nobody".')
}

/** Resolves when a server answers there; `stillRuns` throws when it never will. */
export async function waitUntilReady(url: string, stillRuns: () => void = () => undefined): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    stillRuns()
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 })
    try {
      await client.connect()
      return await client.end()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function majorVersionOf(folder: string): number {
  return Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
