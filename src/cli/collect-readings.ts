// Everything that the doctor looks at, read at once: a part that is missing or down delays no other.
import { existsSync } from 'node:fs'
import { access, constants, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { AppCredentials, PartialConfig } from '../config.ts'
import type { DatabaseReading } from '../doctor/database.ts'
import type { Readings } from '../doctor/examine.ts'
import type { DiskReading } from '../doctor/machine.ts'
import { NO_APP_YET, readStoredApp, UnreadableApp } from '../process/app-store.ts'
import { hashBuild } from '../process/build-id.ts'
import { connectOperations, controlSocketPath } from '../process/control-socket.ts'
import { hasEmbeddedDatabase } from '../process/data-directory.ts'
import { inspectDatabase } from '../process/inspect-database.ts'
import { openDatabase } from '../process/open-database.ts'
import { webhookUrlOf } from '../process/webhook-url.ts'
import type { Database } from '../store/database.ts'
import { probeSite } from './probe-site.ts'
import { readAppAtGitHub, readSignIn } from './read-app.ts'
import { attempt } from './reading.ts'

const SOCKET_TIMEOUT_MS = 8_000
const DATABASE_TIMEOUT_MS = 12_000
const DISK_TIMEOUT_MS = 3_000

/** Reads all that the part of the configuration without mistakes allows. */
export async function collectReadings(config: PartialConfig): Promise<Readings> {
  const { fields, mistakes } = await withStoredApp(config)
  const { baseUrl = null, githubApiUrl, githubUrl = 'https://github.com', dataDirectory = '.andon' } = fields
  const { warnings = [], webhookProxyUrl = null } = fields
  const apiUrl = githubApiUrl ?? ''
  const credentials = githubApiUrl === undefined ? null : credentialsOf(fields)
  const now = () => new Date().toISOString()
  const [github, signIn, site, database, disk] = await Promise.all([
    readAppAtGitHub(credentials, { apiUrl, now }),
    readSignInOf(fields),
    baseUrl === null ? null : probeSite({ baseUrl, build: await hashBuild(), localUrl: localUrlOf(fields) }),
    'databaseUrl' in fields ? attempt(readDatabase(fields, dataDirectory, now), DATABASE_TIMEOUT_MS) : null,
    attempt(readDisk(dataDirectory), DISK_TIMEOUT_MS),
  ])
  const webhookUrl = baseUrl === null ? null : webhookUrlOf({ baseUrl, webhookProxyUrl })
  return { mistakes, warnings, githubUrl, apiUrl, webhookUrl, github, signIn, site, database, disk }
}

type Fields = PartialConfig['fields']

/** Where the environment names no App, it is the one that the setup has stored. */
async function withStoredApp({ fields, mistakes }: PartialConfig): Promise<PartialConfig> {
  if (fields.appId !== null) return { fields, mistakes }
  const { databaseUrl, dataDirectory = '.andon', logLevel = 'warn', secret, client: _, ...rest } = fields
  const known = { ...rest, dataDirectory, logLevel, ...(databaseUrl !== undefined && { databaseUrl }) }
  if (databaseUrl === undefined || secret === undefined) return { fields: known, mistakes }
  try {
    const stored = await readStoredApp({ databaseUrl, dataDirectory, logLevel, secret })
    return stored === null
      ? { fields: known, mistakes: [...mistakes, NO_APP_YET] }
      : { fields: { ...known, ...stored }, mistakes }
  } catch (error) {
    // That the database is away is said of the database.
    return { fields: known, mistakes: error instanceof UnreadableApp ? [...mistakes, error.message] : mistakes }
  }
}

function credentialsOf({ appId, privateKey }: Fields): Pick<AppCredentials, 'appId' | 'privateKey'> | null {
  return appId && privateKey ? { appId, privateKey } : null
}

async function readSignInOf({ access, client, githubUrl, githubApiUrl, baseUrl }: Fields) {
  if (access === undefined || client === undefined || baseUrl === undefined) return null
  if (githubUrl === undefined || githubApiUrl === undefined) return null
  return readSignIn({ access, client, githubUrl, apiUrl: githubApiUrl, baseUrl })
}

function localUrlOf({ host = '127.0.0.1', port = 3000 }: Fields): string {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** Like the other commands of the operator: through the socket of the process that owns it, or opened here. Null: none is made yet. */
async function readDatabase(
  { databaseUrl = null, logLevel = 'warn' }: Fields,
  dataDirectory: string,
  now: () => string,
): Promise<DatabaseReading | null> {
  if (databaseUrl === null) {
    const running = await connectOperations(controlSocketPath(dataDirectory), SOCKET_TIMEOUT_MS)
    if (running !== null) return await running.inspectDatabase()
    if (!hasEmbeddedDatabase(dataDirectory)) return null
  }
  const database = await openDatabase({ databaseUrl, dataDirectory, logLevel })
  try {
    return await inspectDatabase(database, { isRunning: false, now: now() })
  } finally {
    await closeSoon(database)
  }
}

/** A connection that hangs does not close. */
function closeSoon(database: Database): Promise<unknown> {
  return attempt(database.close(), 1_000)
}

/** Of the directory, or of the nearest that there is: the start makes the rest. */
async function readDisk(directory: string): Promise<DiskReading> {
  let path = resolve(directory)
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path)
  await access(path, constants.W_OK)
  const { bavail, bsize, ffree, files } = await statfs(path)
  return { directory: path, freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree }
}
